using System.Buffers.Binary;
using System.Security.Cryptography;
using Game.Contracts;
using Game.GameServer.Accounts;
using Game.GameServer.Actions;
using Game.GameServer.Addresses;
using Game.GameServer.Following;
using Game.GameServer.Http;
using Game.GameServer.Memory;
using Game.GameServer.Publishing;
using Game.GameServer.Stream;
using Game.GameServer.Telemetry;
using Microsoft.AspNetCore.HttpOverrides;

namespace Game.GameServer.Hosting;

/// <summary>Puts the web application together.</summary>
internal static class GameServerApp
{
    // The producer completes all actions within the publish time-out; then requests and streams still have to answer and close.
    private static readonly TimeSpan ShutdownMargin = TimeSpan.FromSeconds(10);

    // The limit of bodies is smaller. A body between the two is read and ignored, so that the sender receives its 413; above this the connection is closed.
    private const long MaxDrainedBytes = 1024 * 1024;

    // Each connection takes some 20 KB: 200 MB when all are in use.
    private const int MaxConnections = 10_000;
    private const int MaxStreams = 1_000;

    /// <param name="options">The options of the command line.</param>
    /// <param name="time">The clock of everything but Kestrel itself.</param>
    /// <param name="replace">Replaces or adds services; tests use it.</param>
    public static WebApplication Build(GameServerOptions options, TimeProvider time, Action<IServiceCollection>? replace = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        ConfigureServer(builder, options);
        Observability.Add(builder);
        AddServices(builder.Services, options, time);
        // The document's schemas take their names from here; requests and answers go through ApiJsonContext themselves.
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = System.Text.Json.JsonNamingPolicy.SnakeCaseLower;
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJsonContext.Default);
        });
        builder.Services.AddOpenApi("v1", ApiDescription.Configure);
        replace?.Invoke(builder.Services);

        WebApplication app = builder.Build();
        if (options.TrustedProxies.Count > 0)
        {
            app.UseForwardedHeaders(Forwarded(options));
        }
        app.UseMiddleware<ProblemMiddleware>();
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.FromSeconds(15), KeepAliveTimeout = TimeSpan.FromSeconds(15) });
        ApiDescription.Map(app);
        app.MapOpenApi("/openapi/{documentName}.json");
        app.MapPrometheusScrapingEndpoint("/metrics");
        return app;
    }

    private static void ConfigureServer(WebApplicationBuilder builder, GameServerOptions options)
    {
        builder.WebHost.UseUrls(options.Urls);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxDrainedBytes;
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.Limits.MaxConcurrentUpgradedConnections = MaxStreams;
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.PublishTimeout + ShutdownMargin);
    }

    private static void AddServices(IServiceCollection services, GameServerOptions options, TimeProvider time)
    {
        services.AddSingleton(options);
        services.AddSingleton(time);
        KeyRing.Add(services, options.Keys);
        services.AddSingleton(_ => ReadAddressTable(options.AddressTable));
        services.AddSingleton(new ServerIdentity(options.ServerId, options.SessionLifetime, options.PublishTimeout));
        if (options.AccountsKey is { } key)
        {
            services.AddSingleton<IAccounts>(new DemoAccounts(key));
        }

        services.AddSingleton(new FailedLogins(options.LockAfter, options.LockWindow, time));
        services.AddSingleton(new LoginLimits(options.LoginsPerMinute, options.FailedLoginsPerMinute, time));
        services.AddSingleton(new RecentEvents(new EventContent(SecretKey()), options.RememberedEvents));
        services.AddSingleton(new KnownPlaces(new KeyedHash(SecretKey()), options.RememberedEvents));
        services.AddSingleton<LogMemory>();
        services.AddSingleton(new ServiceCredential(options.ServiceCredentials));
        services.AddSingleton(new StreamLimits(options.StreamWindow));
        services.AddSingleton<SessionTokens>();
        services.AddSingleton<ActionTraces>();
        services.AddSingleton<ServerMetrics>();
        services.AddSingleton<LoginIntake>();
        services.AddSingleton<TradeIntake>();
        services.AddSingleton<StreamServices>();
        services.AddSingleton<AnswerResponses>();
        services.AddSingleton<SessionsEndpoint>();
        services.AddSingleton<TradesEndpoint>();
        services.AddSingleton<StreamEndpoint>();
        services.AddSingleton<HealthEndpoints>();
    }

    private static UInt128 SecretKey() => BinaryPrimitives.ReadUInt128LittleEndian(RandomNumberGenerator.GetBytes(16));

    private static AddressTable ReadAddressTable(string? path)
    {
        if (path is null)
        {
            return AddressTable.Empty;
        }
        try
        {
            using StreamReader file = new(path);
            return AddressTableReader.Read(file);
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new StartException(e is FormatException ? e.Message : $"The address table cannot be read: {e.Message}");
        }
    }

    private static ForwardedHeadersOptions Forwarded(GameServerOptions options)
    {
        // Goes through every trusted proxy of a chain. Loopback, which the framework trusts by default, is trusted only when an option says so.
        ForwardedHeadersOptions forwarded = new() { ForwardedHeaders = ForwardedHeaders.XForwardedFor, ForwardLimit = null };
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (System.Net.IPNetwork network in options.TrustedProxies)
        {
            forwarded.KnownIPNetworks.Add(network);
        }
        return forwarded;
    }
}
