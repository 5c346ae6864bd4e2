using System.Net;
using Game.Contracts;
using Game.GameServer.Accounts;
using Game.GameServer.Actions;
using Game.GameServer.Addresses;
using Game.GameServer.Publishing;
using Game.GameServer.Telemetry;

namespace Game.GameServer.Http;

/// <summary><c>POST /v1/sessions</c>: a player logs in.</summary>
internal sealed class SessionsEndpoint(
    LoginIntake logins, KnownPlaces places, LoginLimits limits, IEventPublisher publisher, AnswerResponses responses, ServerMetrics metrics, TimeProvider time)
{
    public async Task HandleAsync(HttpContext context)
    {
        Answer answer = await AnswerAsync(context);
        metrics.AnsweredOverHttp(answer.Status);
        await responses.WriteAsync(context, answer);
    }

    private async ValueTask<Answer> AnswerAsync(HttpContext context)
    {
        (SessionRequest? request, Problem? problem) = await RequestBody.ReadAsync(context, ApiJsonContext.Default.SessionRequest);
        if (request is null)
        {
            return problem!;
        }
        if (LoginIntake.Check(request) is { } invalid)
        {
            return invalid;
        }
        if (!IdempotencyKeys.TryParse(context.Request.Headers["Idempotency-Key"].ToString(), out Guid key))
        {
            return Problems.IdempotencyKey;
        }
        if (context.Connection.RemoteIpAddress is not { } ip || ip.Equals(IPAddress.None))
        {
            return Problems.NoClientAddress;
        }
        ClientAddress address = ClientAddress.From(ip);
        LoginPlace place = places.Find(request.UserId!, address.Value, request.DeviceId!);
        if (!limits.TryAcquire(place, out int retryAfter))
        {
            return Problems.RateLimited(retryAfter);
        }
        Decision decision = await logins.DecideAsync(request, key, address, place, context.Request.Headers.TraceParent, context.RequestAborted);
        if (decision.Action is not { } login)
        {
            return decision.Refusal!;
        }
        if (login.First is LoginEvent { Outcome: LoginOutcome.Ok })
        {
            limits.Succeeded(place);
        }
        return await AwaitedAction.PublishAsync(publisher, login, time);
    }
}
