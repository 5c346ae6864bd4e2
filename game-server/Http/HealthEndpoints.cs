using Game.GameServer.Actions;
using Game.GameServer.Publishing;

namespace Game.GameServer.Http;

/// <summary><c>/healthz</c> answers 200 while the process runs, <c>/readyz</c> while it can publish.</summary>
internal sealed class HealthEndpoints(IBrokerProbe brokers, IHostApplicationLifetime lifetime, AnswerResponses responses)
{
    public Task HealthAsync(HttpContext context) => context.Response.WriteAsync("ok\n");

    public async Task ReadyAsync(HttpContext context)
    {
        if (!lifetime.ApplicationStopping.IsCancellationRequested && await brokers.IsReachableAsync())
        {
            await context.Response.WriteAsync("ready\n");
        }
        else
        {
            await responses.WriteAsync(context, Problems.NotReady);
        }
    }
}
