using Game.GameServer.Actions;
using Game.GameServer.Publishing;
using Game.GameServer.Telemetry;

namespace Game.GameServer.Http;

/// <summary><c>POST /v1/trades</c>: the game's world reports a completed trade.</summary>
internal sealed class TradesEndpoint(
    TradeIntake trades, ServiceCredential credential, IEventPublisher publisher, AnswerResponses responses, ServerMetrics metrics, TimeProvider time)
{
    public async Task HandleAsync(HttpContext context)
    {
        Answer answer = await AnswerAsync(context);
        metrics.AnsweredOverHttp(answer.Status);
        await responses.WriteAsync(context, answer);
    }

    private async ValueTask<Answer> AnswerAsync(HttpContext context)
    {
        if (!credential.IsCarriedBy(context.Request))
        {
            return Problems.Credential;
        }
        (TradeRequest? request, Problem? problem) = await RequestBody.ReadAsync(context, ApiJsonContext.Default.TradeRequest);
        if (request is null)
        {
            return problem!;
        }
        if (!IdempotencyKeys.TryParse(context.Request.Headers["Idempotency-Key"].ToString(), out Guid key))
        {
            return Problems.IdempotencyKey;
        }
        Decision decision = trades.Decide(request, key, context.Request.Headers.TraceParent);
        return decision.Action is { } trade ? await AwaitedAction.PublishAsync(publisher, trade, time) : decision.Refusal!;
    }
}
