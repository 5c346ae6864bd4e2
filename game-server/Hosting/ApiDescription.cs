using System.Text.Json.Nodes;
using Game.GameServer.Actions;
using Game.GameServer.Http;
using Game.GameServer.Stream;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Game.GameServer.Hosting;

/// <summary>Maps the endpoints, and describes them in the OpenAPI document.</summary>
internal static class ApiDescription
{
    private const string ServiceScheme = "service";
    private const string Json = "application/json";
    private const string ProblemJson = "application/problem+json";

    /// <summary>The methods with which load balancers probe.</summary>
    private static readonly string[] Probe = [HttpMethods.Get, HttpMethods.Head];

    private static readonly int[] ActionProblems =
    [
        StatusCodes.Status400BadRequest, StatusCodes.Status401Unauthorized, StatusCodes.Status413PayloadTooLarge,
        StatusCodes.Status415UnsupportedMediaType, StatusCodes.Status503ServiceUnavailable,
    ];

    public static void Map(WebApplication app)
    {
        IServiceProvider services = app.Services;
        RouteHandlerBuilder sessions = app.MapPost("/v1/sessions", (Delegate)services.GetRequiredService<SessionsEndpoint>().HandleAsync)
            .WithName("openSession").WithSummary("Log a player in. A failed login is published too and answered 401 with its event_id.")
            .Accepts<SessionRequest>(Json).Produces<SessionOpened>(StatusCodes.Status201Created, Json);
        RouteHandlerBuilder trades = app.MapPost("/v1/trades", (Delegate)services.GetRequiredService<TradesEndpoint>().HandleAsync)
            .WithName("recordTrade").WithSummary("Report a completed trade; answered when both sides' events are acknowledged.")
            .Accepts<TradeRequest>(Json).Produces<TradeRecorded>(StatusCodes.Status201Created, Json);
        AddProblems(sessions, [.. ActionProblems, StatusCodes.Status422UnprocessableEntity, StatusCodes.Status429TooManyRequests]);
        AddProblems(trades, [.. ActionProblems, StatusCodes.Status422UnprocessableEntity]);

        RouteHandlerBuilder stream = app.MapGet("/v1/stream", (Delegate)services.GetRequiredService<StreamEndpoint>().HandleAsync)
            .WithName("openStream").WithSummary("A WebSocket: many players' logins and trades, one JSON object a line; see docs/game-server-api.md.")
            .Produces(StatusCodes.Status101SwitchingProtocols);
        AddProblems(stream, [StatusCodes.Status401Unauthorized, StatusCodes.Status426UpgradeRequired]);

        HealthEndpoints health = services.GetRequiredService<HealthEndpoints>();
        app.MapMethods("/healthz", Probe, (Delegate)health.HealthAsync)
            .WithName("health").WithSummary("The process answers.").Produces(StatusCodes.Status200OK);
        RouteHandlerBuilder ready = app.MapMethods("/readyz", Probe, (Delegate)health.ReadyAsync)
            .WithName("ready").WithSummary("Events can be published.").Produces(StatusCodes.Status200OK);
        AddProblems(ready, [StatusCodes.Status503ServiceUnavailable]);
    }

    public static void Configure(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Game server", Version = "v1", Description = "Accepts players' logins and trades and publishes them at once.",
            };
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal);
            document.Components.SecuritySchemes[ServiceScheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "The game world's service credential.",
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            Describe(operation, context.Document!);
            return Task.CompletedTask;
        });
    }

    private static void AddProblems(RouteHandlerBuilder endpoint, int[] statuses)
    {
        foreach (int status in statuses)
        {
            endpoint.Produces<ProblemBody>(status, ProblemJson);
        }
    }

    private static void Describe(OpenApiOperation operation, OpenApiDocument document)
    {
        if (operation.OperationId is "openSession" or "recordTrade")
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = "Idempotency-Key",
                In = ParameterLocation.Header,
                Required = true,
                Description = "A UUID version 7. The events' ids follow from it: a retry with the same key publishes under the same ids.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "uuid" },
                Example = JsonValue.Create("019ab3f0-6c1e-7a52-9d3f-5b8c2e714a60"),
            });
        }

        if (operation.OperationId is "recordTrade" or "openStream")
        {
            operation.Security = [new() { [new OpenApiSecuritySchemeReference(ServiceScheme, document)] = [] }];
        }
    }
}
