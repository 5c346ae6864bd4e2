using Broker.Server.Scheduling;

namespace Broker.Server.Controller;

/// <summary>The senders to all live brokers; used by the controller's loop.</summary>
internal sealed class BrokerSenders(IBrokerChannels channels, Action<BrokerAnswers> answered, IScheduler scheduler, ControllerLog log) : IAsyncDisposable
{
    private readonly Dictionary<int, BrokerSender> _senders = [];

    internal void Add(LiveBroker broker) =>
        _senders.Add(broker.Registration.Id, new BrokerSender(channels.Open(broker), answered, scheduler, log));

    internal ValueTask Remove(int broker) => _senders.Remove(broker, out BrokerSender? sender) ? sender.DisposeAsync() : ValueTask.CompletedTask;

    internal async Task Send(RequestBatch batch)
    {
        foreach (BrokerRequests requests in batch.Build())
        {
            if (_senders.TryGetValue(requests.Broker, out BrokerSender? sender))
            {
                await sender.Send(requests);
            }
        }
    }

    /// <summary>Waits until all brokers have answered what they were sent.</summary>
    internal Task Drained() => Task.WhenAll(_senders.Values.Select(sender => sender.Drained()));

    public async ValueTask DisposeAsync()
    {
        foreach (BrokerSender sender in _senders.Values)
        {
            await sender.DisposeAsync();
        }
        _senders.Clear();
    }
}
