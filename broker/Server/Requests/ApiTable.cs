using Broker.Protocol;

namespace Broker.Server.Requests;

/// <summary>The APIs that this broker serves, by key: the only list of them.</summary>
internal sealed class ApiTable
{
    private readonly Api?[] _byKey;

    /// <exception cref="ArgumentException">Two handlers of one key.</exception>
    public ApiTable(IEnumerable<Api> apis)
    {
        All = [.. apis.OrderBy(api => api.Key)];
        _byKey = new Api?[All.Count == 0 ? 0 : (short)All[^1].Key + 1];
        foreach (Api api in All)
        {
            if (_byKey[(short)api.Key] is not null)
            {
                throw new ArgumentException($"two handlers of {api.Key}", nameof(apis));
            }
            _byKey[(short)api.Key] = api;
        }
    }

    /// <summary>In the order of their keys.</summary>
    public IReadOnlyList<Api> All { get; }

    /// <summary>The handler of a request's API key; null where the broker does not serve the API.</summary>
    public Api? Find(short key) => (uint)key < (uint)_byKey.Length ? _byKey[key] : null;
}
