using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Config;
using Broker.Server.InterBroker;

namespace Broker.Server.Controller;

/// <summary>A stopping broker asks the controller to move its leaderships to other replicas.</summary>
internal sealed class ControlledShutdown(ControllerChannel controller, BrokerConfig config, TimeProvider time, MembershipLog log)
{
    /// <summary>Asks until no leadership remains, controlled.shutdown.max.retries times at most.</summary>
    internal async Task Run(int brokerId, long brokerEpoch)
    {
        for (int tries = config.ControlledShutdownMaxRetries - 1; tries >= 0; tries--)
        {
            ControlledShutdownResponse response = await Ask(brokerId, brokerEpoch);
            if (response.ErrorCode == 0 && response.RemainingPartitions.Length == 0)
            {
                log.HandedOver();
                return;
            }
            log.NotHandedOver((ErrorCode)response.ErrorCode, response.RemainingPartitions.Length, tries);
            if (tries > 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(config.ControlledShutdownRetryBackoffMs), time);
            }
        }
    }

    /// <summary>One try: an error is an answer too, also that of a broker that is not the controller any more.</summary>
    private async Task<ControlledShutdownResponse> Ask(int brokerId, long brokerEpoch)
    {
        using CancellationTokenSource late = new(TimeSpan.FromMilliseconds(config.ControllerSocketTimeoutMs), time);
        try
        {
            return await controller.Send<ControlledShutdownRequest, ControlledShutdownResponse>(
                new ControlledShutdownRequest { BrokerId = brokerId, BrokerEpoch = brokerEpoch }, InterBrokerVersions.ControlledShutdown,
                _ => ErrorCode.None, late.Token);
        }
        catch (OperationCanceledException)
        {
            return new ControlledShutdownResponse { ErrorCode = (short)ErrorCode.RequestTimedOut };
        }
    }
}
