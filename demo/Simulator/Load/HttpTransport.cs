using System.Buffers;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Game.Simulator.World;

namespace Game.Simulator.Load;

/// <summary>Sends each action as an HTTP request to one game server, as a trusted proxy: <c>X-Forwarded-For</c> holds the player's address.</summary>
internal sealed class HttpTransport : IActionTransport
{
    /// <summary>Connections to one server, each with one request in progress; more would only queue in the server.</summary>
    private const int Connections = 64;

    private readonly ActionJson _json;
    private readonly Action<PendingAction, Answer> _answered;
    private readonly HttpClient _client;
    private readonly string _credential;

    public HttpTransport(Uri target, string credential, ActionJson json, Action<PendingAction, Answer> answered)
    {
        _json = json;
        _answered = answered;
        _credential = credential;
        _client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = Connections }) { BaseAddress = target, Timeout = TimeSpan.FromSeconds(30) };
    }

    public void Send(PendingAction pending) => _ = Task.Run(() => ExchangeAsync(pending));

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task ExchangeAsync(PendingAction pending)
    {
        Answer answer;
        try
        {
            using HttpRequestMessage request = Request(pending);
            using HttpResponseMessage response = await _client.SendAsync(request);
            answer = await ReadAsync(response);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or JsonException or IOException or ObjectDisposedException)
        {
            answer = new Answer(0, false, null, 1, e.GetBaseException().Message);
        }

        _answered(pending, answer);
    }

    private HttpRequestMessage Request(PendingAction pending)
    {
        ArrayBufferWriter<byte> buffer = new(512);
        using (Utf8JsonWriter writer = new(buffer))
        {
            _json.WriteBody(writer, pending);
        }
        ReadOnlyMemoryContent content = new(buffer.WrittenMemory);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        HttpRequestMessage request = new(HttpMethod.Post, pending.Action is LoginAction ? "/v1/sessions" : "/v1/trades") { Content = content };
        request.Headers.Add("Idempotency-Key", pending.Action.Key.ToString());
        if (pending.Action is LoginAction login)
        {
            request.Headers.Add("X-Forwarded-For", login.From.Ip);
        }
        else
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _credential);
        }
        return request;
    }

    private static async Task<Answer> ReadAsync(HttpResponseMessage response)
    {
        byte[] body = await response.Content.ReadAsByteArrayAsync();
        Answer answer = ActionJson.ReadAnswer(body, out _);
        double retryAfter = response.Headers.RetryAfter?.Delta?.TotalSeconds ?? 1;
        return answer with { Status = (int)response.StatusCode, RetryAfterSeconds = retryAfter };
    }
}
