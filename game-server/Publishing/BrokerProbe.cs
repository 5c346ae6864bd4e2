using Confluent.Kafka;
using Game.Contracts;

namespace Game.GameServer.Publishing;

/// <summary>Whether events could be published now.</summary>
internal interface IBrokerProbe
{
    /// <summary>True when a broker returns metadata with the topic and its leaders within two seconds. Thread-safe.</summary>
    Task<bool> IsReachableAsync();
}

/// <summary>Asks a broker at most once a second, for any number of calls.</summary>
internal sealed class BrokerProbe(IAdminClient admin, TimeProvider time) : IBrokerProbe
{
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private Task<bool>? _latest;
    private long _askedAt;

    public Task<bool> IsReachableAsync()
    {
        lock (_gate)
        {
            bool fresh = _latest is not null && (!_latest.IsCompleted || time.GetElapsedTime(_askedAt) < Freshness);
            if (fresh)
            {
                return _latest!;
            }
            _askedAt = time.GetTimestamp();
            // The client's call blocks a thread of the pool; there is at most one at a time.
            _latest = Task.Run(Ask);
            return _latest;
        }
    }

    private bool Ask()
    {
        try
        {
            // All topics: asking for one by name could create it.
            Metadata metadata = admin.GetMetadata(Timeout);
            return metadata.Topics.Exists(topic => topic.Topic == Topics.PlayerEvents && topic.Partitions.Exists(partition => partition.Leader >= 0));
        }
        catch (KafkaException)
        {
            return false;
        }
    }
}
