using System.Net;
using Game.GameServer.Accounts;
using Game.GameServer.Actions;
using Game.GameServer.Addresses;
using Game.GameServer.Publishing;
using Game.GameServer.Telemetry;

namespace Game.GameServer.Http;

/// <summary><c>POST /v1/sessions</c>: a player logs in.</summary>
internal sealed class SessionsEndpoint(
    LoginIntake logins, LoginRateLimit limit, IEventPublisher publisher, AnswerResponses responses, ServerMetrics metrics, TimeProvider time)
{
    public async Task HandleAsync(HttpContext context)
    {
        Answer answer = await AnswerAsync(context);
        metrics.AnsweredOverHttp(answer);
        await responses.WriteAsync(context, answer);
    }

    private async ValueTask<Answer> AnswerAsync(HttpContext context)
    {
        (SessionRequest? request, Problem? problem) = await RequestBody.ReadAsync(context, ApiJsonContext.Default.SessionRequest);
        if (request is null)
            return problem!;
        if (LoginIntake.Check(request) is { } invalid)
            return invalid;
        if (!IdempotencyKeys.TryParse(context.Request.Headers["Idempotency-Key"].ToString(), out Guid key))
            return Problems.IdempotencyKey;
        if (context.Connection.RemoteIpAddress is not { } ip || ip.Equals(IPAddress.None))
            return Problems.NoClientAddress;
        if (!limit.TryTake(request.UserId!, out int retryAfter))
            return Problems.RateLimited(retryAfter);
        PlayerAction login = await logins.DecideAsync(
            request, key, ClientAddress.From(ip), context.Request.Headers.TraceParent, context.RequestAborted);
        return await AwaitedAction.PublishAsync(publisher, login, time);
    }
}
