using Broker.Server.Config;

namespace Broker.Server.InterBroker;

/// <summary>
/// The versions of the requests between brokers, as <c>inter.broker.protocol.version</c> decides them: brokers do not ask each other with ApiVersions. The
/// versions are those of Kafka's MetadataVersion.
/// </summary>
internal sealed record InterBrokerVersions
{
    /// <summary>The last version of Fetch that names topics, for topics without an id.</summary>
    private const short FetchByName = 12;

    /// <summary>The last version of AlterPartition that names topics, for topics without an id.</summary>
    private const short AlterPartitionByName = 1;

    private readonly short _fetch;
    private readonly short _alterPartition;

    private InterBrokerVersions(short fetch, short listOffsets, short alterPartition)
        => (_fetch, ListOffsets, _alterPartition) = (fetch, listOffsets, alterPartition);

    public short ListOffsets { get; }

    // The steps from 3.4 to 3.9 have not changed these.
    public static short LeaderAndIsr => 7;

    public static short UpdateMetadata => 8;

    public static short StopReplica => 4;

    public static short ControlledShutdown => 3;

    public static short OffsetForLeaderEpoch => 4;

    public static short AllocateProducerIds => 0;

    public static short CreateTopics => 7;

    /// <summary>The version of a follower's Fetch.</summary>
    /// <param name="haveTopicIds">Whether all topics of the request have ids.</param>
    public short Fetch(bool haveTopicIds) => haveTopicIds ? _fetch : FetchByName;

    /// <summary>The version of AlterPartition.</summary>
    /// <param name="haveTopicIds">Whether all topics of the request have ids.</param>
    public short AlterPartition(bool haveTopicIds) => haveTopicIds ? _alterPartition : AlterPartitionByName;

    /// <summary>The versions of a release from 3.4 to 3.9 ("3.7") or of a step of its development ("3.7-IV2").</summary>
    /// <exception cref="ConfigException">Another release.</exception>
    public static InterBrokerVersions Of(string release) => StepOf(release) switch
    {
        "3.4" or "3.4-IV0" => new InterBrokerVersions(fetch: 13, listOffsets: 7, alterPartition: 2),
        "3.5-IV0" => new InterBrokerVersions(fetch: 14, listOffsets: 8, alterPartition: 2),
        "3.5" or "3.5-IV1" or "3.5-IV2" or "3.6" or "3.6-IV0" or "3.6-IV1" or "3.6-IV2" or "3.7-IV0" or "3.7-IV1" or "3.7-IV2" or "3.7-IV3" =>
            new InterBrokerVersions(fetch: 15, listOffsets: 8, alterPartition: 3),
        "3.7" or "3.7-IV4" or "3.8" or "3.8-IV0" => new InterBrokerVersions(fetch: 16, listOffsets: 8, alterPartition: 3),
        "3.9" or "3.9-IV0" => new InterBrokerVersions(fetch: 17, listOffsets: 9, alterPartition: 3),
        _ => throw new ConfigException(
            $"inter.broker.protocol.version is {release}, but this broker can only be a member of clusters whose value is from 3.4 to 3.9."),
    };

    /// <summary>Without the number of a correction: "3.8.1" is "3.8".</summary>
    private static string StepOf(string release) => string.Join('.', release.Split('.').Take(2));
}
