using System.Buffers;
using Game.GameServer.Actions;

namespace Game.GameServer.Http;

/// <summary>Writes answers as HTTP responses. Thread-safe.</summary>
internal sealed class AnswerResponses : IDisposable
{
    private readonly ThreadLocal<AnswerWriter> _writers = new(() => new AnswerWriter(), trackAllValues: true);

    public async Task WriteAsync(HttpContext context, Answer answer)
    {
        Fill(context.Response, answer);
        await context.Response.BodyWriter.FlushAsync();
    }

    public void Dispose()
    {
        foreach (AnswerWriter writer in _writers.Values)
        {
            writer.Dispose();
        }
        _writers.Dispose();
    }

    private void Fill(HttpResponse response, Answer answer)
    {
        AnswerWriter writer = _writers.Value!;
        writer.Clear();
        writer.WriteBody(answer);
        response.StatusCode = answer.Status;
        response.ContentType = answer is Problem ? "application/problem+json" : "application/json";
        response.ContentLength = writer.Written.Length;
        response.Headers.CacheControl = "no-store";
        if (answer is Problem problem)
        {
            AddHeaders(response, problem);
        }
        response.BodyWriter.Write(writer.Written.Span);
    }

    private static void AddHeaders(HttpResponse response, Problem problem)
    {
        if (problem.RetryAfter is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString();
        }
        if (ReferenceEquals(problem, Problems.Credential))
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }
        if (ReferenceEquals(problem, Problems.UpgradeRequired))
        {
            response.Headers.Upgrade = "websocket";
            response.Headers.Connection = "Upgrade";
        }
    }
}
