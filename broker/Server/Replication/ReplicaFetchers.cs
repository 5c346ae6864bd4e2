using Broker.Server.Partitions;
using Broker.Storage;

namespace Broker.Server.Replication;

/// <summary>
/// This broker's fetchers: up to <c>num.replica.fetchers</c> for each broker that leads a partition which this one follows. A fetcher lives as long as it
/// follows a partition.
/// </summary>
internal sealed class ReplicaFetchers(ReplicationServices services) : IPartitionListener, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<(int Leader, int Number), ReplicaFetcher> _fetchers = [];
    private readonly Dictionary<TopicPartition, ReplicaFetcher> _byPartition = [];
    private bool _stopped;

    public void BecameLeader(string topic, int partition, int leaderEpoch) => Remove(new TopicPartition(topic, partition));

    public void Stopped(string topic, int partition, int leaderEpoch) => Remove(new TopicPartition(topic, partition));

    public void BecameFollower(string topic, int partition, int leaderId, int leaderEpoch)
    {
        TopicPartition name = new(topic, partition);
        if (leaderId == PartitionState.NoLeader || services.Find(name) is not { } replica)
        {
            Remove(name);
            return;
        }

        ReplicaFetcher? idle;
        lock (_gate)
        {
            if (_stopped)
            {
                return;
            }

            // Where the leader stays, so do the fetcher, its connection and its session.
            ReplicaFetcher fetcher = FetcherOf(leaderId, name);
            idle = _byPartition.GetValueOrDefault(name) is { } former && former != fetcher ? RemoveFrom(former, name) : null;
            _byPartition[name] = fetcher;
            fetcher.Add(replica, leaderEpoch);
        }

        End(idle);
    }

    /// <summary>Stops all fetchers: on return none appends any more.</summary>
    public async ValueTask DisposeAsync()
    {
        ReplicaFetcher[] fetchers;
        lock (_gate)
        {
            _stopped = true;
            fetchers = [.. _fetchers.Values];
            _fetchers.Clear();
            _byPartition.Clear();
        }

        foreach (ReplicaFetcher fetcher in fetchers)
        {
            await fetcher.DisposeAsync();
        }
    }

    private ReplicaFetcher FetcherOf(int leader, TopicPartition name)
    {
        int number = NumberOf(name);
        if (!_fetchers.TryGetValue((leader, number), out ReplicaFetcher? fetcher))
        {
            _fetchers[(leader, number)] = fetcher = new ReplicaFetcher(leader, number, services);
        }

        return fetcher;
    }

    /// <summary>Spreads partitions over a leader's fetchers, alike in every run.</summary>
    private int NumberOf(TopicPartition name)
    {
        uint hash = 0;
        foreach (char c in name.Topic)
        {
            hash = (hash * 31) + c;
        }

        return (int)(((hash * 31) + (uint)name.Partition) % (uint)Math.Max(services.Settings.FetchersPerLeader, 1));
    }

    private void Remove(TopicPartition name)
    {
        ReplicaFetcher? idle = null;
        lock (_gate)
        {
            if (_byPartition.Remove(name, out ReplicaFetcher? fetcher))
            {
                idle = RemoveFrom(fetcher, name);
            }
        }

        End(idle);
    }

    /// <summary>Under the lock; the fetcher where it has nothing left to fetch.</summary>
    private ReplicaFetcher? RemoveFrom(ReplicaFetcher fetcher, TopicPartition name)
    {
        fetcher.Remove(name);
        if (fetcher.Count > 0)
        {
            return null;
        }

        _fetchers.Remove(_fetchers.First(entry => entry.Value == fetcher).Key);
        return fetcher;
    }

    /// <summary>Not awaited: a listener must not block. What the last fetch brings is refused, as the partition has another epoch or role.</summary>
    private void End(ReplicaFetcher? idle)
    {
        if (idle is not null)
        {
            _ = services.Scheduler.Run(async () => await idle.DisposeAsync());
        }
    }
}
