using System.Net;

namespace Game.HdfsSink.Tests.WebHdfs;

/// <summary>A server that gives the answers of a script, and records the requests.</summary>
internal sealed class ScriptedHandler : HttpMessageHandler
{
    private readonly Queue<Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>>> _answers = [];

    public List<string> Asked { get; } = [];

    public ScriptedHandler Answers(HttpStatusCode status, string body, string? location = null)
    {
        _answers.Enqueue((_, _) =>
        {
            HttpResponseMessage response = new(status) { Content = new StringContent(body) };
            response.Headers.Location = location is null ? null : new Uri(location);
            return Task.FromResult(response);
        });
        return this;
    }

    public ScriptedHandler Fails(HttpStatusCode status, string exception, string message = "from the script") =>
        Answers(status, $$$"""{"RemoteException":{"exception":"{{{exception}}}","javaClassName":"x.{{{exception}}}","message":"{{{message}}}"}}""");

    public ScriptedHandler AnswersBoolean(bool value) => Answers(HttpStatusCode.OK, value ? """{"boolean":true}""" : """{"boolean":false}""");

    public ScriptedHandler HasFile() => Answers(HttpStatusCode.OK, """{"FileStatus":{"pathSuffix":"","type":"FILE","length":1,"modificationTime":2}}""");

    public ScriptedHandler HasNoFile() => Fails(HttpStatusCode.NotFound, "FileNotFoundException");

    public ScriptedHandler Breaks()
    {
        _answers.Enqueue((_, _) => throw new HttpRequestException("connection refused"));
        return this;
    }

    /// <summary>Never answers; ends with the request's cancellation.</summary>
    public ScriptedHandler Hangs()
    {
        _answers.Enqueue(async (_, token) =>
        {
            TaskCompletionSource<HttpResponseMessage> never = new();
            await using CancellationTokenRegistration registration = token.Register(() => never.TrySetCanceled(token));
            return await never.Task;
        });
        return this;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        string body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        Asked.Add($"{request.Method} {request.RequestUri!.AbsoluteUri}{(body.Length > 0 ? " " + body : "")}");
        return await _answers.Dequeue()(request, cancellationToken);
    }
}
