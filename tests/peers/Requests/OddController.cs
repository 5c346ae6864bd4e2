using Broker.Protocol;
using Broker.Protocol.Messages;

namespace Peers.Tests.Requests;

/// <summary>Requests of a controller and of other brokers that are late, unknown or malformed; none changes the broker.</summary>
internal static class OddController
{
    private const int FormerEpoch = 0;
    private const int Epoch = 1;

    public static IEnumerable<OddEnd> Rows =>
    [
        .. LeaderAndIsr("a former controller", FormerEpoch, brokerEpoch: -1, "t"),
        .. LeaderAndIsr("a former life of the broker", Epoch, brokerEpoch: 0, "t"),
        .. LeaderAndIsr("a former life of the broker, a former controller", FormerEpoch, brokerEpoch: 0, "none"),
        .. LeaderAndIsr("a partition that this broker has no replica of", Epoch, brokerEpoch: -1, "none"),
        .. OddEnd.InAll<LeaderAndIsrRequest, LeaderAndIsrResponse>("no partitions, a former controller", new LeaderAndIsrRequest()),
        .. StopReplica("a former controller", FormerEpoch, brokerEpoch: -1),
        .. StopReplica("a former life of the broker", Epoch, brokerEpoch: 0),
        .. StopReplica("unknown partitions", Epoch, brokerEpoch: -1),
        .. UpdateMetadata("a former controller", FormerEpoch, brokerEpoch: -1),
        .. UpdateMetadata("a former life of the broker", Epoch, brokerEpoch: 0),
        .. OddEnd.InAll<ControlledShutdownRequest, ControlledShutdownResponse>("an unknown broker", new ControlledShutdownRequest { BrokerId = 77 }),
        .. OddEnd.InAll<AlterPartitionRequest, AlterPartitionResponse>("an unknown broker", new AlterPartitionRequest { BrokerId = 77 }),
        .. new[] { 0, 1 }.SelectMany(id => OddEnd.InAll<AlterPartitionRequest, AlterPartitionResponse>($"a former life of broker {id}",
            new AlterPartitionRequest { BrokerId = id, BrokerEpoch = 0 })),
        OddEnd.Of<AllocateProducerIdsRequest, AllocateProducerIdsResponse>("an unknown broker", new AllocateProducerIdsRequest { BrokerId = 77 }),
        OddEnd.Raw("AlterPartition without a body", 56, 3, 2),
        OddEnd.Raw("AllocateProducerIds without a body", 67, 0, 2),
        OddEnd.Raw("LeaderAndIsr without a body", 4, 7, 2),
        OddEnd.Raw("StopReplica without a body", 5, 4, 2),
        OddEnd.Raw("UpdateMetadata without a body", 6, 8, 2),
        OddEnd.Raw("ControlledShutdown without a body", 7, 3, 2),
    ];

    private static IEnumerable<OddEnd> LeaderAndIsr(string name, int controllerEpoch, long brokerEpoch, string topic)
    {
        LeaderAndIsrRequest.LeaderAndIsrPartitionState state = new() { TopicName = topic, Leader = 99, Isr = [99], Replicas = [99], LeaderEpoch = 5 };
        foreach (short version in Versions<LeaderAndIsrRequest>().Where(version => version >= 2 || brokerEpoch < 0))
        {
            yield return OddEnd.In<LeaderAndIsrRequest, LeaderAndIsrResponse>(version, name, new LeaderAndIsrRequest
            {
                ControllerId = 9,
                ControllerEpoch = controllerEpoch,
                BrokerEpoch = brokerEpoch,
                UngroupedPartitionStates = version < 2 ? [state] : [],
                TopicStates = version < 2 ? [] : [new() { TopicName = topic, PartitionStates = [state] }],
            });
        }
    }

    private static IEnumerable<OddEnd> StopReplica(string name, int controllerEpoch, long brokerEpoch)
    {
        foreach (short version in Versions<StopReplicaRequest>().Where(version => version >= 1 || brokerEpoch < 0))
        {
            yield return OddEnd.In<StopReplicaRequest, StopReplicaResponse>(version, name, new StopReplicaRequest
            {
                ControllerId = 9,
                ControllerEpoch = controllerEpoch,
                BrokerEpoch = brokerEpoch,
                UngroupedPartitions = version == 0 ? [new() { TopicName = "none" }] : [],
                Topics = version is 1 or 2 ? [new() { Name = "none", PartitionIndexes = [0] }] : [],
                TopicStates = version < 3 ? [] : [new() { TopicName = "none", PartitionStates = [new() { LeaderEpoch = 5 }] }],
            });
        }
    }

    private static IEnumerable<OddEnd> UpdateMetadata(string name, int controllerEpoch, long brokerEpoch) =>
        Versions<UpdateMetadataRequest>().Where(version => version >= 5 || brokerEpoch < 0).Select(version =>
            OddEnd.In<UpdateMetadataRequest, UpdateMetadataResponse>(version, name,
                new UpdateMetadataRequest { ControllerId = 9, ControllerEpoch = controllerEpoch, BrokerEpoch = brokerEpoch }));

    private static IEnumerable<short> Versions<TRequest>()
        where TRequest : IRequest<TRequest> =>
        Enumerable.Range(TRequest.LowestVersion, TRequest.HighestVersion - TRequest.LowestVersion + 1).Select(version => (short)version);
}
