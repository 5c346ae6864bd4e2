using System.Net;
using System.Net.Http.Headers;

namespace Game.Simulator.Load;

/// <summary>Checks, before a load begins, that its game servers answer and accept the credential.</summary>
public static class TargetProbe
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    /// <summary>One sentence about the first server that cannot be used; null when all can.</summary>
    public static async Task<string?> FaultAsync(LoadOptions options, CancellationToken cancellation)
    {
        using HttpClient client = new() { Timeout = AnswerTimeout };
        client.DefaultRequestHeaders.Authorization = AuthenticationHeaderValue.TryParse("Bearer " + options.Credential, out AuthenticationHeaderValue? bearer)
            ? bearer : null;
        foreach (Uri target in options.Targets)
        {
            try
            {
                if (await FaultAsync(client, target, cancellation) is { } fault)
                {
                    return fault;
                }
            }
            catch (HttpRequestException e)
            {
                return $"The game server at {target} cannot be reached: {e.GetBaseException().Message}";
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                return $"The game server at {target} does not answer within {AnswerTimeout.TotalSeconds:F0} s.";
            }
        }

        return null;
    }

    private static async Task<string?> FaultAsync(HttpClient client, Uri target, CancellationToken cancellation)
    {
        using HttpResponseMessage ready = await client.GetAsync(new Uri(target, "/readyz"), cancellation);
        if (!ready.IsSuccessStatusCode)
        {
            return $"The game server at {target} is not ready ({(int)ready.StatusCode}): {(await ready.Content.ReadAsStringAsync(cancellation)).Trim()}";
        }
        // A request without a WebSocket handshake is answered 426 when the credential is right.
        using HttpResponseMessage stream = await client.GetAsync(new Uri(target, "/v1/stream"), cancellation);
        return stream.StatusCode switch
        {
            HttpStatusCode.UpgradeRequired => null,
            HttpStatusCode.Unauthorized => $"The game server at {target} refuses the credential: give the file it was started with by --credential-file.",
            _ => $"What is at {target} is no game server: /v1/stream answers {(int)stream.StatusCode}.",
        };
    }
}
