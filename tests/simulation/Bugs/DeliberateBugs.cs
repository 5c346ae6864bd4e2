using Broker.Coordination;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Protocol.Records;
using Broker.Server.Metadata.Znodes;
using Broker.Simulation.Tests.Clients;
using Broker.Simulation.Tests.Cluster;
using Broker.Storage;

namespace Broker.Simulation.Tests.Bugs;

/// <summary>The bugs that histories must find. Each method makes one for one history.</summary>
internal static class DeliberateBugs
{
    /// <summary>In a batch's header: producer id, epoch and sequence, which are -1 where there are none.</summary>
    private const int ProducerAt = 43;
    private const int RecordsCountAt = 57;

    private static readonly int[] AllReplicas = [1, 2, 3];

    /// <summary>A follower lets everything in its log be read.</summary>
    public static Bug FollowerRaisesHighWatermarkTooEarly() => new()
    {
        Answered = On<FetchResponse>(response =>
            Array.ForEach([.. response.Responses.SelectMany(topic => topic.Partitions)], partition => partition.HighWatermark = long.MaxValue)),
    };

    /// <summary>A follower does not say which epoch its last record has, so that a leader with other records in their place does not notice it.</summary>
    public static Bug FollowerNamesNoLastEpoch() => new()
    {
        Sending = On<FetchRequest>(request =>
            Array.ForEach([.. request.Topics.SelectMany(topic => topic.Partitions)], partition => partition.LastFetchedEpoch = -1)),
    };

    /// <summary>A leader acknowledges records that its followers may not have.</summary>
    public static Bug LeaderAcknowledgesWithoutItsFollowers() => new() { Sending = On<ProduceRequest>(request => request.Acks = 1) };

    /// <summary>A leader uses in-sync replicas that were not written.</summary>
    public static Bug LeaderDoesNotWaitForItsIsrChange() => new()
    {
        InPlace = request => request is AlterPartitionRequest { Topics: var topics } ? Accepted(topics) : null,
    };

    /// <summary>A leader gets, and keeps, an older zkVersion than the present one.</summary>
    public static Bug LeaderKeepsAnOldVersion() => new()
    {
        Sending = On<LeaderAndIsrRequest>(request =>
            Array.ForEach([.. request.TopicStates.SelectMany(topic => topic.PartitionStates)], partition => partition.PartitionEpoch--)),
    };

    /// <summary>A controller writes all replicas as in sync, so that it elects some that are not.</summary>
    public static Bug ControllerKeepsLaggingReplicasInSync() => new() { Written = OnState(state => state with { Isr = AllReplicas }) };

    /// <summary>A controller does not write that it has raised a leader epoch, so that the next controller uses it again.</summary>
    public static Bug ControllerWritesNoLeaderEpoch() => new() { Written = OnState(state => state with { LeaderEpoch = LeaderAndIsr.InitialLeaderEpoch }) };

    /// <summary>Leaders do not recognize a batch that is sent again.</summary>
    public static Bug LeaderIgnoresSequences() => new()
    {
        Sending = On<ProduceRequest>(request =>
            Array.ForEach([.. request.TopicData.SelectMany(topic => topic.PartitionData)], partition => RemoveProducer(partition.Records!.Value.Span))),
    };

    /// <summary>Brokers do not sync a topic that demands it.</summary>
    public static Bug BrokersIgnoreFlushMessages() => new()
    {
        Sending = On<CreateTopicsRequest>(request => Array.ForEach([.. request.Topics], topic => topic.Configs = [])),
    };

    /// <summary>A coordinator answers a commit as if it were stored, though its append has failed or was not replicated in time.</summary>
    public static Bug CoordinatorAnswersBeforeItsCommitIsReplicated() => new()
    {
        Answered = On<OffsetCommitResponse>(response =>
            Array.ForEach([.. response.Topics.SelectMany(topic => topic.Partitions).Where(AppendFailed)], partition => partition.ErrorCode = 0)),
    };

    /// <summary>A controller takes replicas for deleted that are not, and names the first topic's id to the replicas of each later one of its name.</summary>
    public static Bug ReplicasOfADeletedTopicAreUsedAgain()
    {
        Dictionary<string, Guid> first = new(StringComparer.Ordinal);
        return new Bug
        {
            Sending = On<LeaderAndIsrRequest>(request => Array.ForEach([.. request.TopicStates], topic =>
            {
                first.TryAdd(topic.TopicName, topic.TopicId);
                topic.TopicId = first[topic.TopicName];
            })),
            InPlace = request => request is StopReplicaRequest { TopicStates: var topics }
                && topics.Any(topic => topic.PartitionStates.Any(partition => partition.DeletePartition)) ? Stopped(topics) : null,
        };
    }

    /// <summary>A controller that was replaced, and does not know it yet, writes through its session, which lives.</summary>
    public static Bug FormerControllerWrites() => new()
    {
        Written = operation => operation is Op.Check { Path: ZnodePaths.ControllerEpoch } check ? check with { Version = Op.AnyVersion } : operation,
    };

    private static bool AppendFailed(OffsetCommitResponse.OffsetCommitResponsePartition partition) =>
        (ErrorCode)partition.ErrorCode is ErrorCode.CoordinatorNotAvailable or ErrorCode.NotCoordinator or ErrorCode.RequestTimedOut;

    private static StopReplicaResponse Stopped(IEnumerable<StopReplicaRequest.StopReplicaTopicState> topics) => new()
    {
        PartitionErrors =
        [
            .. topics.SelectMany(topic => topic.PartitionStates.Select(partition => new StopReplicaResponse.StopReplicaPartitionError
            {
                TopicName = topic.TopicName, PartitionIndex = partition.PartitionIndex,
            })),
        ],
    };

    private static Action<object> On<T>(Action<T> change) => message =>
    {
        if (message is T found)
        {
            change(found);
        }
    };

    private static Func<Op, Op> OnState(Func<LeaderAndIsr, LeaderAndIsr> change) => operation =>
        operation is Op.SetData set && StateIn(set) is { } state ? set with { Data = change(state).Encode() } : operation;

    private static void RemoveProducer(Span<byte> batch)
    {
        batch[ProducerAt..RecordsCountAt].Fill(0xFF);
        BatchHeader.RewriteCrc(batch);
    }

    private static LeaderAndIsr? StateIn(Op.SetData set)
    {
        TopicPartition[] partitions = [.. Enumerable.Range(0, History.Partitions).Select(number => new TopicPartition(History.Topic, number))];
        return partitions.Where(partition => set.Path == ZnodePaths.PartitionState(partition))
            .Select(partition => LeaderAndIsr.Decode(partition, set.Data, set.Version)).FirstOrDefault();
    }

    private static AlterPartitionResponse Accepted(IReadOnlyList<AlterPartitionRequest.AlterPartitionTopic> topics) => new()
    {
        Topics = [.. topics.Select(topic => new AlterPartitionResponse.AlterPartitionTopic
        {
            TopicName = topic.TopicName,
            TopicId = topic.TopicId,
            Partitions = [.. topic.Partitions.Select(Accepted)],
        })],
    };

    private static AlterPartitionResponse.AlterPartitionPartition Accepted(AlterPartitionRequest.AlterPartitionPartition change) => new()
    {
        PartitionIndex = change.PartitionIndex,
        LeaderEpoch = change.LeaderEpoch,
        PartitionEpoch = change.PartitionEpoch + 1,
        Isr = [.. change.NewIsrWithEpochs.Select(member => member.BrokerId)],
    };
}
