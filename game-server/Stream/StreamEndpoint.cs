using System.Net.WebSockets;
using Game.GameServer.Actions;
using Game.GameServer.Http;
using Game.GameServer.Telemetry;

namespace Game.GameServer.Stream;

/// <summary><c>GET /v1/stream</c>: the game world's WebSocket.</summary>
internal sealed class StreamEndpoint(
    StreamServices services, ServiceCredential credential, AnswerResponses responses, IHostApplicationLifetime lifetime, ILogger<StreamEndpoint> log)
{
    public async Task HandleAsync(HttpContext context)
    {
        if (!credential.IsCarriedBy(context.Request))
        {
            await responses.WriteAsync(context, Problems.Credential);
            return;
        }

        if (!context.WebSockets.IsWebSocketRequest)
        {
            await responses.WriteAsync(context, Problems.UpgradeRequired);
            return;
        }

        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        // Otherwise the span of the connection's request would be the parent of every action on it.
        System.Diagnostics.Activity.Current = null;
        services.Metrics.StreamOpened();
        try
        {
            await new StreamConnection(socket, services, lifetime.ApplicationStopping).RunAsync();
        }
        catch (Exception e) // the top of a connection: an unexpected exception ends this stream, not the server
        {
            log.StreamFailed(e);
            socket.Abort();
        }
        finally
        {
            services.Metrics.StreamClosed();
        }
    }
}
