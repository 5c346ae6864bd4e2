using Broker.Protocol;
using Peers.Tests.Support;

namespace Peers.Tests.Requests;

/// <summary>One row of the tables of odd requests, in which a broker could easily differ from Apache's.</summary>
/// <param name="Name">A unique name that says what is odd.</param>
/// <param name="AskAsync">Sends it, and gives the answer as text.</param>
public sealed record OddEnd(string Name, Func<string, Task<string>> AskAsync)
{
    /// <summary>A request in its highest version.</summary>
    public static OddEnd Of<TRequest, TResponse>(string name, TRequest request, params string[] ignored)
        where TRequest : class, IRequest<TRequest>
        where TResponse : class, IMessage<TResponse> => In<TRequest, TResponse>(TRequest.HighestVersion, name, request, ignored);

    /// <summary>A request in one version.</summary>
    public static OddEnd In<TRequest, TResponse>(short version, string name, TRequest request, params string[] ignored)
        where TRequest : class, IRequest<TRequest>
        where TResponse : class, IMessage<TResponse> => new($"{TRequest.Key} {version}: {name}", async address =>
    {
        using RawConnection connection = await RawConnection.OpenAsync(address);
        return AnswerText.Of(await connection.AskAsync<TRequest, TResponse>(request, version), ignored);
    });

    /// <summary>A request in every version that there is.</summary>
    public static IEnumerable<OddEnd> InAll<TRequest, TResponse>(string name, TRequest request, params string[] ignored)
        where TRequest : class, IRequest<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        Enumerable.Range(TRequest.LowestVersion, TRequest.HighestVersion - TRequest.LowestVersion + 1)
            .Select(version => In<TRequest, TResponse>((short)version, name, request, ignored));

    /// <summary>A request for everything, of whose answer only a part is compared, because other rows add and remove the rest.</summary>
    public static OddEnd Part<TRequest, TResponse>(short version, string name, TRequest request, Action<TResponse> cut)
        where TRequest : class, IRequest<TRequest>
        where TResponse : class, IMessage<TResponse> => new($"{TRequest.Key} {version}: {name}", async address =>
    {
        using RawConnection connection = await RawConnection.OpenAsync(address);
        TResponse? answer = await connection.AskAsync<TRequest, TResponse>(request, version);
        if (answer is not null)
        {
            cut(answer);
        }

        return AnswerText.Of(answer);
    });

    /// <summary>A key and a version that a broker does not serve; of an answer only its bytes are compared.</summary>
    public static OddEnd Raw(string name, short key, short version, short headerVersion, params byte[] body) => new(name, async address =>
    {
        using RawConnection connection = await RawConnection.OpenAsync(address);
        byte[]? frame = await connection.AskAsync(key, version, headerVersion, body);
        return frame is null ? "the connection is closed" : Convert.ToHexString(frame);
    });
}
