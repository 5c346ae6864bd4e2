using Game.GameServer.Actions;
using Game.GameServer.Telemetry;

namespace Game.GameServer.Http;

/// <summary>Gives every error response a problem as its body: for requests that the framework refuses, broken requests and unexpected exceptions.</summary>
internal sealed class ProblemMiddleware(RequestDelegate next, AnswerResponses responses, ILogger<ProblemMiddleware> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            context.Response.StatusCode = e.StatusCode;
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested) // the client has disconnected
        {
            return;
        }
        catch (Exception e) when (!context.Response.HasStarted) // the top of a request: an unexpected exception is answered 500, and the server continues
        {
            log.RequestFailed(e);
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
        }

        if (context.Response is { StatusCode: >= StatusCodes.Status400BadRequest, HasStarted: false, ContentType: null })
        {
            await responses.WriteAsync(context, Problems.ForStatus(context.Response.StatusCode));
        }
    }
}
