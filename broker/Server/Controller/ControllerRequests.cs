using Broker.Coordination;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.InterBroker;
using Broker.Server.Metadata;
using Broker.Server.Metadata.Znodes;
using Broker.Storage;

namespace Broker.Server.Controller;

/// <summary>
/// Answers the requests that brokers send to the controller, over the wire or in process; an error says that this broker is not the controller.
/// </summary>
/// <param name="controller">This broker's controller; null before it is started.</param>
/// <param name="creation">Creates topics.</param>
internal sealed class ControllerRequests(Func<ClusterController?> controller, TopicCreation creation)
{
    /// <summary>Has the channel of this broker answered in process.</summary>
    internal void ServeTo(ControllerChannel channel)
    {
        channel.Serve<ControlledShutdownRequest, ControlledShutdownResponse>((request, _) => Answer(request));
        channel.Serve<AlterPartitionRequest, AlterPartitionResponse>(Answer);
        channel.Serve<AllocateProducerIdsRequest, AllocateProducerIdsResponse>((request, _) => Answer(request));
        channel.Serve<CreateTopicsRequest, CreateTopicsResponse>((request, _) => Create(request));
    }

    internal async ValueTask<ControlledShutdownResponse> Answer(ControlledShutdownRequest request)
    {
        (ErrorCode error, IReadOnlyList<TopicPartition> remaining) = await Ask<(ErrorCode, IReadOnlyList<TopicPartition>)>(
            active => active.ShutDown(request.BrokerId, request.BrokerEpoch), (ErrorCode.StaleControllerEpoch, []));
        return new ControlledShutdownResponse
        {
            ErrorCode = (short)error,
            RemainingPartitions = [.. remaining.Select(partition => new ControlledShutdownResponse.RemainingPartition
            {
                TopicName = partition.Topic, PartitionIndex = partition.Partition,
            })],
        };
    }

    internal ValueTask<AlterPartitionResponse> Answer(AlterPartitionRequest request, short version) =>
        Ask(active => active.AlterPartition(request, version), new AlterPartitionResponse { ErrorCode = (short)ErrorCode.NotController });

    internal async ValueTask<AllocateProducerIdsResponse> Answer(AllocateProducerIdsRequest request)
    {
        (ErrorCode error, ProducerIdBlock? block) = await Ask<(ErrorCode, ProducerIdBlock?)>(
            active => active.AllocateProducerIds(request.BrokerId, request.BrokerEpoch), (ErrorCode.NotController, null));
        return block is null
            ? new AllocateProducerIdsResponse { ErrorCode = (short)error }
            : new AllocateProducerIdsResponse { ProducerIdStart = block.Start, ProducerIdLen = (int)(block.End - block.Start + 1) };
    }

    /// <summary>The controller's answer, or <paramref name="otherwise"/> where its term ends meanwhile.</summary>
    private async ValueTask<T> Ask<T>(Func<ClusterController, Task<T>> ask, T otherwise)
    {
        try
        {
            return controller() is { } active ? await ask(active) : otherwise;
        }
        catch (Exception failure) when (failure is ControllerMovedException or CoordinationLostException or ObjectDisposedException)
        {
            return otherwise;
        }
    }

    /// <summary>Creates topics for this broker itself.</summary>
    private async ValueTask<CreateTopicsResponse> Create(CreateTopicsRequest request) => controller() is { IsActive: true }
        ? await creation.Create(request)
        : new CreateTopicsResponse
        {
            Topics = [.. request.Topics.Select(topic => new CreateTopicsResponse.CreatableTopicResult
            {
                Name = topic.Name, ErrorCode = (short)ErrorCode.NotController,
            })],
        };
}
