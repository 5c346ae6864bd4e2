using Broker.Server.Config;
using Broker.Server.InterBroker;
using Broker.Server.Metadata;
using Broker.Server.Partitions;
using Broker.Server.Scheduling;
using Broker.Server.Time;
using Broker.Storage;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Replication;

/// <summary>What all fetchers of a broker share.</summary>
/// <param name="Settings">The configured ones.</param>
/// <param name="BrokerId">This broker.</param>
/// <param name="BrokerEpoch">Its present registration.</param>
/// <param name="Find">The partitions that it hosts; null where it does not host one.</param>
/// <param name="Metadata">Where the leaders are.</param>
/// <param name="Connections">Opens connections to them.</param>
/// <param name="Versions">The versions of the requests to them.</param>
/// <param name="Quota">What this broker may fetch of replicas that are out of sync.</param>
/// <param name="Scheduler">Runs the loops.</param>
/// <param name="Wheel">Time-outs.</param>
/// <param name="Time">The clock.</param>
/// <param name="Log">Of the area.</param>
internal sealed record ReplicationServices(
    ReplicationSettings Settings, int BrokerId, Func<long> BrokerEpoch, Func<TopicPartition, Partition?> Find, MetadataCache Metadata,
    IBrokerConnections Connections, InterBrokerVersions Versions, ReplicationQuota Quota, IScheduler Scheduler, TimingWheel Wheel, TimeProvider Time,
    ILogger Log);

/// <summary>The settings of followers, under Kafka's names.</summary>
/// <param name="Listener"><c>inter.broker.listener.name</c>, or what stands for it.</param>
/// <param name="FetchersPerLeader"><c>num.replica.fetchers</c>.</param>
/// <param name="MaxWaitMs"><c>replica.fetch.wait.max.ms</c>.</param>
/// <param name="MinBytes"><c>replica.fetch.min.bytes</c>.</param>
/// <param name="MaxBytes"><c>replica.fetch.response.max.bytes</c>.</param>
/// <param name="PartitionMaxBytes"><c>replica.fetch.max.bytes</c>.</param>
/// <param name="Backoff"><c>replica.fetch.backoff.ms</c>.</param>
/// <param name="Timeout"><c>replica.socket.timeout.ms</c>.</param>
internal sealed record ReplicationSettings(
    string Listener, int FetchersPerLeader, int MaxWaitMs, int MinBytes, int MaxBytes, int PartitionMaxBytes, TimeSpan Backoff, TimeSpan Timeout)
{
    public static ReplicationSettings Of(BrokerConfig config) => new(
        config.InterBrokerListener.Name,
        config.Int("num.replica.fetchers"),
        config.Int("replica.fetch.wait.max.ms"),
        config.Int("replica.fetch.min.bytes"),
        config.Int("replica.fetch.response.max.bytes"),
        config.Int("replica.fetch.max.bytes"),
        TimeSpan.FromMilliseconds(config.Int("replica.fetch.backoff.ms")),
        TimeSpan.FromMilliseconds(config.Int("replica.socket.timeout.ms")));
}
