using System.Text.Json;
using Broker.Protocol;
using Peers.Tests.Support;

namespace Peers.Tests.Requests;

/// <summary>Sends a sequence of requests to both brokers, and collects the differences between their answers.</summary>
internal sealed class Comparison
{
    private readonly List<string> _differences = [];
    private readonly string _theirs;
    private readonly string _ours;

    private Comparison(string theirs, string ours) => (_theirs, _ours) = (theirs, ours);

    public static async Task<Comparison> OpenAsync(BothBrokers both)
    {
        (string theirs, string ours) = await both.AddressesAsync();
        return new Comparison(theirs, ours);
    }

    /// <summary>Sends a request to both, in its highest version unless another is named.</summary>
    public async Task SameAsync<TRequest, TResponse>(TRequest request, short? version = null)
        where TRequest : class, IRequest<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        OddEnd row = OddEnd.In<TRequest, TResponse>(version ?? TRequest.HighestVersion, JsonSerializer.Serialize(request), request);
        string difference = AnswerText.Difference(await row.AskAsync(_theirs), await row.AskAsync(_ours));
        if (difference.Length > 0)
        {
            _differences.Add($"{row.Name}\n{difference}");
        }
    }

    /// <summary>Both answers to a request.</summary>
    public async Task<(TResponse Theirs, TResponse Ours)> AskAsync<TRequest, TResponse>(TRequest request)
        where TRequest : class, IRequest<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        using RawConnection theirs = await RawConnection.OpenAsync(_theirs);
        using RawConnection ours = await RawConnection.OpenAsync(_ours);
        return ((await theirs.AskAsync<TRequest, TResponse>(request, TRequest.HighestVersion))!,
            (await ours.AskAsync<TRequest, TResponse>(request, TRequest.HighestVersion))!);
    }

    public void ShouldBeTheSame() => _differences.ShouldBeEmpty(string.Join("\n\n", _differences));
}
