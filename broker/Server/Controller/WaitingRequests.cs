namespace Broker.Server.Controller;

/// <summary>
/// The requests that wait for one broker. They are merged when they are taken, and before they hold more than twice what merging leaves: memory is bounded by
/// the partitions, however long the broker hangs. Not thread-safe.
/// </summary>
internal sealed class WaitingRequests
{
    /// <summary>States of partitions up to which merging is not worth its time; some 100 KB.</summary>
    private const int FewStates = 1000;

    private List<BrokerRequests> _requests = [];
    private int _states;
    private int _statesMerged;

    internal bool IsEmpty => _requests.Count == 0;

    internal void Add(BrokerRequests requests)
    {
        _requests.Add(requests);
        _states += Weight(requests);
        if (_states > (2 * _statesMerged) + FewStates)
        {
            Merge();
        }
    }

    /// <summary>The requests to send next, or null.</summary>
    internal BrokerRequests? Take()
    {
        if (_requests.Count == 0)
        {
            return null;
        }
        if (_requests.Count > 1)
        {
            Merge();
        }
        BrokerRequests next = _requests[0];
        _requests.RemoveAt(0);
        _states -= Weight(next);
        return next;
    }

    private void Merge()
    {
        _requests = RequestMerge.Of(_requests);
        _states = _statesMerged = _requests.Sum(Weight);
    }

    /// <summary>Requests without partitions (a list of brokers) count as one state.</summary>
    private static int Weight(BrokerRequests requests) => requests.States + 1;
}
