using Confluent.Kafka;
using Game.Contracts;

namespace Game.GameServer.Publishing;

/// <summary>Whether events could be published now.</summary>
internal interface IBrokerProbe
{
    /// <summary>True when a broker tells of the topic within two seconds. Any thread.</summary>
    Task<bool> IsReachableAsync();
}

/// <summary>Asks a broker, at most once a second, whoever asks us.</summary>
internal sealed class BrokerProbe(IAdminClient admin, TimeProvider time) : IBrokerProbe
{
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private Task<bool>? latest;
    private long askedAt;

    public Task<bool> IsReachableAsync()
    {
        lock (gate)
        {
            bool fresh = latest is not null && (!latest.IsCompleted || time.GetElapsedTime(askedAt) < Freshness);
            if (fresh)
                return latest!;
            askedAt = time.GetTimestamp();
            // The client's call blocks: it gets a thread of the pool, and there is one at a time.
            latest = Task.Run(Ask);
            return latest;
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
