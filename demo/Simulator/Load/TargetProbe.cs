using System.Net;
using System.Net.Http.Headers;

namespace Game.Simulator.Load;

/// <summary>Looks, before a load begins, whether its game servers answer and take the credential.</summary>
public static class TargetProbe
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>What is wrong with the first server that cannot be used, a sentence; null when all can.</summary>
    public static async Task<string?> FaultAsync(LoadOptions options, CancellationToken cancellation)
    {
        using HttpClient client = new() { Timeout = Patience };
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
                return $"The game server at {target} does not answer within {Patience.TotalSeconds:F0} s.";
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
        // Without a handshake the stream answers 426 to who may open it.
        using HttpResponseMessage stream = await client.GetAsync(new Uri(target, "/v1/stream"), cancellation);
        return stream.StatusCode switch
        {
            HttpStatusCode.UpgradeRequired => null,
            HttpStatusCode.Unauthorized => $"The game server at {target} refuses the credential: give the file it was started with by --credential-file.",
            _ => $"What is at {target} is no game server: /v1/stream answers {(int)stream.StatusCode}.",
        };
    }
}
