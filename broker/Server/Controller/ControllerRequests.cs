using Broker.Coordination;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Metadata.Znodes;
using Broker.Storage;

namespace Broker.Server.Controller;

/// <summary>Answers the requests that brokers send to the controller, over the wire or in process; an error says that this broker is not the controller.</summary>
internal sealed class ControllerRequests(Func<ClusterController?> controller)
{
    internal async ValueTask<ControlledShutdownResponse> Answer(ControlledShutdownRequest request)
    {
        if (controller() is not { } active)
        {
            return new ControlledShutdownResponse { ErrorCode = (short)ErrorCode.StaleControllerEpoch };
        }
        try
        {
            (ErrorCode error, IReadOnlyList<TopicPartition> remaining) = await active.ShutDown(request.BrokerId, request.BrokerEpoch);
            return new ControlledShutdownResponse
            {
                ErrorCode = (short)error,
                RemainingPartitions = [.. remaining.Select(partition => new ControlledShutdownResponse.RemainingPartition
                {
                    TopicName = partition.Topic, PartitionIndex = partition.Partition,
                })],
            };
        }
        catch (Exception failure) when (IsEndOfTerm(failure))
        {
            return new ControlledShutdownResponse { ErrorCode = (short)ErrorCode.StaleControllerEpoch };
        }
    }

    /// <summary>The controller lost the election or its session, or stops, while it handled a request.</summary>
    private static bool IsEndOfTerm(Exception failure) => failure is ControllerMovedException or CoordinationLostException or ObjectDisposedException;
}
