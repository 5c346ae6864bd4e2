using System.Threading.Channels;
using Broker.Protocol.Messages;
using Broker.Server.Scheduling;

namespace Broker.Server.Controller;

/// <summary>What a broker answered to requests that may fail by partition.</summary>
internal sealed record BrokerAnswers(BrokerRequests Requests, LeaderAndIsrResponse? LeaderAndIsr, StopReplicaResponse? StopReplica);

/// <summary>Sends one broker its requests in order, one at a time, from a loop of its own, so that a slow broker does not delay the others.</summary>
internal sealed class BrokerSender : IAsyncDisposable
{
    /// <summary>Events of the controller that one broker may lag behind; then the controller waits for it rather than hold ever more requests.</summary>
    private const int MaxWaiting = 1000;

    private readonly Channel<Item> _requests = Channel.CreateBounded<Item>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private readonly IBrokerChannel _channel;
    private readonly Action<BrokerAnswers> _answered;
    private readonly ControllerLog _log;
    private readonly Task _loop;

    internal BrokerSender(IBrokerChannel channel, Action<BrokerAnswers> answered, IScheduler scheduler, ControllerLog log)
    {
        _log = log;
        _channel = channel;
        _answered = answered;
        _loop = scheduler.Run(Run);
    }

    internal ValueTask Send(BrokerRequests requests) => _requests.Writer.WriteAsync(new Item(requests, null));

    /// <summary>Waits until everything sent so far has been answered.</summary>
    internal async Task Drained()
    {
        TaskCompletionSource drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await _requests.Writer.WriteAsync(new Item(null, drained));
        await drained.Task;
    }

    /// <summary>Sends what is waiting, then closes the channel to the broker.</summary>
    public async ValueTask DisposeAsync()
    {
        _requests.Writer.Complete();
        await _loop;
        await _channel.DisposeAsync();
    }

    private async Task Run()
    {
        await foreach (Item item in _requests.Reader.ReadAllAsync())
        {
            if (item.Requests is not null)
            {
                await TryDeliver(item.Requests);
            }
            item.Drained?.SetResult();
        }
    }

    /// <summary>The top of the loop: what fails here is a fault of one request, and those behind it must still be delivered.</summary>
    private async Task TryDeliver(BrokerRequests requests)
    {
        try
        {
            await Deliver(requests);
        }
#pragma warning disable CA1031 // See above.
        catch (Exception problem)
#pragma warning restore CA1031
        {
            _log.NotSent(requests.Broker, problem);
        }
    }

    private async Task Deliver(BrokerRequests requests)
    {
        LeaderAndIsrResponse? leaderAndIsr = requests.LeaderAndIsr is null ? null : await _channel.Send(requests.LeaderAndIsr, CancellationToken.None);
        if (requests.UpdateMetadata is not null)
        {
            await _channel.Send(requests.UpdateMetadata, CancellationToken.None);
        }
        StopReplicaResponse? stopReplica = requests.StopReplica is null ? null : await _channel.Send(requests.StopReplica, CancellationToken.None);
        if (leaderAndIsr is not null || stopReplica is not null)
        {
            _answered(new BrokerAnswers(requests, leaderAndIsr, stopReplica));
        }
    }

    private readonly record struct Item(BrokerRequests? Requests, TaskCompletionSource? Drained);
}
