using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Running;

namespace Faults.Tests.Game;

/// <summary>What a faulty WebHDFS does with a request.</summary>
internal enum WebHdfsFault
{
    /// <summary>500 with an exception in Hadoop's format.</summary>
    InternalError,

    /// <summary>403, no permission.</summary>
    Forbidden,

    /// <summary>403, this NameNode is the standby.</summary>
    Standby,

    /// <summary>404 of another web server.</summary>
    NotFoundPage,

    /// <summary>200 and random bytes.</summary>
    Garbage,

    /// <summary>200 and the JSON of another answer.</summary>
    OtherJson,

    /// <summary>No answer; after a while the connection breaks.</summary>
    Silence,

    /// <summary>The request is carried out, and its answer is lost.</summary>
    LostAnswer,

    /// <summary>The connection breaks within the request's body.</summary>
    BrokenUpload,
}

/// <summary>A proxy in front of WebHDFS that answers many requests wrongly while a test wants it; the seed decides which.</summary>
internal sealed class FaultyWebHdfs : IAsyncDisposable
{
    private const int Seed = 20260131;

    /// <summary>This many of ten requests are answered wrongly. The others succeed, so that the sink gets to other calls before the next fault.</summary>
    private const int WrongOfTen = 2;

    private static readonly TimeSpan SilenceTime = TimeSpan.FromSeconds(2);
    private readonly string _target;
    private readonly WebApplication _app;
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
    private readonly Random _random = new(Seed);
    private readonly ConcurrentDictionary<WebHdfsFault, int> _dealt = new();
    private readonly Stack<WebHdfsFault> _deck = new();
    private volatile bool _trouble;

    private FaultyWebHdfs(string target)
    {
        _target = target;
        Url = $"http://127.0.0.1:{FreePorts.Take()}";
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Url).ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    public string Url { get; }

    public static async Task<FaultyWebHdfs> StartAsync(string target)
    {
        FaultyWebHdfs proxy = new(target);
        await proxy._app.StartAsync();
        return proxy;
    }

    /// <summary>From now on many requests fail, until <see cref="Recover"/>.</summary>
    public void Misbehave() => _trouble = true;

    public void Recover() => _trouble = false;

    /// <summary>How often each fault was used.</summary>
    public int Dealt(WebHdfsFault fault) => _dealt.GetValueOrDefault(fault);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _http.Dispose();
    }

    private Task HandleAsync(HttpContext context)
    {
        if (Next() is not { } fault)
        {
            return ForwardAsync(context, answer: true);
        }
        _dealt.AddOrUpdate(fault, 1, (_, count) => count + 1);
        return fault switch
        {
            WebHdfsFault.InternalError => AnswerAsync(context, 500, Remote("java.lang.RuntimeException", "something broke")),
            WebHdfsFault.Forbidden => AnswerAsync(context, 403, Remote("org.apache.hadoop.security.AccessControlException", "Permission denied")),
            WebHdfsFault.Standby
                => AnswerAsync(context, 403, Remote("org.apache.hadoop.ipc.StandbyException", "Operation category READ is not supported in state standby")),
            WebHdfsFault.NotFoundPage => AnswerAsync(context, 404, "<html><body>Not Found</body></html>"),
            WebHdfsFault.Garbage => AnswerAsync(context, 200, "\u0001\u0002 this is not JSON {{{"),
            WebHdfsFault.OtherJson => AnswerAsync(context, 200, """{"weather":"fine"}"""),
            WebHdfsFault.Silence => SayNothingAsync(context),
            WebHdfsFault.LostAnswer => ForwardAsync(context, answer: false),
            _ => BreakAsync(context),
        };
    }

    private WebHdfsFault? Next()
    {
        if (!_trouble)
        {
            return null;
        }
        lock (_random)
        {
            return _random.Next(10) < WrongOfTen ? Deal() : null;
        }
    }

    // Every fault is used once, in random order, before any is used again.
    private WebHdfsFault Deal()
    {
        if (_deck.Count == 0)
        {
            WebHdfsFault[] all = Enum.GetValues<WebHdfsFault>();
            _random.Shuffle(all);
            foreach (WebHdfsFault fault in all)
            {
                _deck.Push(fault);
            }
        }

        return _deck.Pop();
    }

    private static string Remote(string javaClass, string message)
        => $$$"""{"RemoteException":{"exception":"{{{javaClass[(javaClass.LastIndexOf('.') + 1)..]}}}","javaClassName":"{{{javaClass}}}","message":"{{{message}}}"}}""";

    private static Task AnswerAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(body);
    }

    private static async Task SayNothingAsync(HttpContext context)
    {
        TaskCompletionSource never = new();
        await never.Task.WaitAsync(SilenceTime, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        context.Abort();
    }

    private static async Task BreakAsync(HttpContext context)
    {
        _ = await context.Request.Body.ReadAsync(new byte[100]);
        context.Abort();
    }

    private async Task ForwardAsync(HttpContext context, bool answer)
    {
        // The raw target with its percent signs, because a rename's destination depends on them.
        string raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        Uri uri = new(_target + raw, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using HttpRequestMessage request = new(new HttpMethod(context.Request.Method), uri);
        request.Headers.Host = context.Request.Host.Value; // redirects lead back to this proxy
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true)
        {
            request.Content = new StreamContent(context.Request.Body);
        }
        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request, context.RequestAborted);
            if (!answer)
            {
                context.Abort();
            }
            else
            {
                await CopyAsync(response, context);
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            context.Abort(); // the client or WebHDFS has closed the connection
        }
    }

    private static async Task CopyAsync(HttpResponseMessage response, HttpContext context)
    {
        context.Response.StatusCode = (int)response.StatusCode;
        context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
        context.Response.ContentLength = response.Content.Headers.ContentLength;
        if (response.Headers.Location is { } location)
        {
            context.Response.Headers.Location = location.OriginalString;
        }
        if (response.StatusCode != HttpStatusCode.NoContent)
        {
            await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
    }
}
