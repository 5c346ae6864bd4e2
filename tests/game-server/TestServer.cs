using System.Net;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Game.Contracts;
using Game.GameServer.Following;
using Game.GameServer.Hosting;
using Game.GameServer.Publishing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;

namespace Game.GameServer.Tests;

/// <summary>A whole game server on a free port of this machine, over a log in memory and a clock that stands still.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    public const string Credential = "the-world's-service-credential";
    public const string AccountsKey = "the-key-of-the-demo's-accounts";

    private static long _lastKey;
    private readonly WebApplication _app;
    private readonly string? _ownFolder;

    private TestServer(WebApplication app, string? ownFolder, RecordingPublisher log, FakeTimeProvider time, IBrokerProbe brokers)
    {
        _app = app;
        _ownFolder = ownFolder;
        Log = log;
        Time = time;
        Brokers = brokers;
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    }

    public RecordingPublisher Log { get; }

    public FakeTimeProvider Time { get; }

    public IBrokerProbe Brokers { get; }

    public HttpClient Http { get; }

    public static async Task<TestServer> StartAsync(Func<GameServerOptions, GameServerOptions>? change = null, string? keys = null,
        Action<IServiceCollection>? services = null)
    {
        string folder = keys ?? Directory.CreateTempSubdirectory("game-server-").FullName;
        GameServerOptions options = new()
        {
            BootstrapServers = "none",
            Urls = "http://127.0.0.1:0",
            ServerId = "gs-test",
            Partitions = 1,
            ServiceCredentials = [Credential],
            AccountsKey = Encoding.UTF8.GetBytes(AccountsKey),
            Keys = folder,
        };
        RecordingPublisher log = new();
        FakeTimeProvider time = new(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));
        IBrokerProbe brokers = Substitute.For<IBrokerProbe>();
        brokers.IsReachableAsync().Returns(true);
        WebApplication built = GameServerApp.Build(change?.Invoke(options) ?? options, time, added =>
        {
            added.AddSingleton<IEventPublisher>(log);
            added.AddSingleton(brokers);
            services?.Invoke(added);
            added.AddLogging(logging => logging.ClearProviders());
        });
        await built.StartAsync();
        return new(built, keys is null ? folder : null, log, time, brokers);
    }

    public static string Secret(string userId) => DemoSecrets.For(Encoding.UTF8.GetBytes(AccountsKey), userId);

    /// <summary>Another UUIDv7 whose last bit is 0.</summary>
    public static Guid NewKey()
    {
        long number = Interlocked.Add(ref _lastKey, 2);
        return Guid.Parse($"019ab3f0-0000-7000-8000-{number:x12}");
    }

    public static string Login(string userId, string? secret = null)
        => $$"""{"user_id":"{{userId}}","secret":"{{secret ?? Secret(userId)}}","device_id":"d-1","client_version":"1.4.2"}""";

    public static string Trade(string first, string second, string terms = "\"channel\":\"direct\"")
        => $$"""{{{terms}},"first":{{{first}},"gold_delta":-100,"gold_balance":900,"inventory_value":50},"second":{{{second}},"gold_delta":95,"gold_balance":195,"inventory_value":60} }""";

    public Task<HttpResponseMessage> LoginAsync(string userId, Guid? key = null, string? secret = null)
        => PostAsync("/v1/sessions", Login(userId, secret), key);

    public Task<HttpResponseMessage> TradeAsync(string body, Guid? key = null) => PostAsync("/v1/trades", body, key, Credential);

    public async Task<string> TokenAsync(string userId) => (await JsonAsync(await LoginAsync(userId))).GetProperty("session_token").GetString()!;

    public Task<HttpResponseMessage> PostAsync(string path, string body, Guid? key = null, string? credential = null)
        => SendAsync(path, new StringContent(body, Encoding.UTF8, "application/json"), (key ?? NewKey()).ToString(), credential);

    public Task<HttpResponseMessage> SendAsync(string path, HttpContent content, string? key, string? credential = null,
        params (string Name, string Value)[] headers)
    {
        HttpRequestMessage request = new(HttpMethod.Post, path) { Content = content };
        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        }
        if (credential is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", credential);
        }
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        return Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public async Task<StreamClient> StreamAsync(string? credential = Credential)
    {
        ClientWebSocket socket = new();
        if (credential is not null)
        {
            socket.Options.SetRequestHeader("Authorization", "Bearer " + credential);
        }
        UriBuilder address = new(new Uri(Http.BaseAddress!, "/v1/stream")) { Scheme = "ws" };
        await socket.ConnectAsync(address.Uri, TestContext.Current.CancellationToken);
        return new(socket);
    }

    public static async Task<JsonElement> JsonAsync(HttpResponseMessage response)
    {
        using JsonDocument document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return document.RootElement.Clone();
    }

    /// <summary>Checks that the response is a whole problem document and gives it.</summary>
    public static async Task<JsonElement> ProblemAsync(HttpResponseMessage response, HttpStatusCode status, string code)
    {
        response.StatusCode.ShouldBe(status);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        JsonElement problem = await JsonAsync(response);
        problem.GetProperty("type").GetString().ShouldBe("urn:game:problem:" + code);
        problem.GetProperty("code").GetString().ShouldBe(code);
        problem.GetProperty("status").GetInt32().ShouldBe((int)status);
        problem.GetProperty("title").GetString().ShouldNotBeNullOrEmpty();
        problem.GetProperty("detail").GetString().ShouldEndWith(".");
        return problem;
    }

    /// <summary>Gives this server all events of the other one, as its log follower would.</summary>
    public void Follow(TestServer other)
    {
        LogMemory memory = _app.Services.GetRequiredService<LogMemory>();
        using EventEncoder encoder = new();
        foreach (PlayerEvent published in other.Log.Events)
        {
            memory.Learn(encoder.Encode(published));
        }
    }

    /// <summary>Sends a login with a client address: the tests are a trusted proxy, which gives it.</summary>
    public Task<HttpResponseMessage> LoginFromAsync(string address, string userId, string? secret = null, string device = "d-1", Guid? key = null)
        => SendAsync(
            "/v1/sessions", new StringContent(Login(userId, secret).Replace("d-1", device), Encoding.UTF8, "application/json"), (key ?? NewKey()).ToString(),
                null,
            ("X-Forwarded-For", address));

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
        if (_ownFolder is not null)
        {
            Directory.Delete(_ownFolder, recursive: true);
        }
    }
}
