using Broker.Server.Scheduling;

namespace Broker.Server.Controller;

/// <summary>The senders to all live brokers; used by the controller's loop. No call waits for a broker.</summary>
internal sealed class BrokerSenders(
    IBrokerChannels channels, Action<BrokerAnswers> answered, IScheduler scheduler, TimeProvider time, ControllerLog log) : IDisposable
{
    private readonly SortedDictionary<int, BrokerSender> _senders = [];

    internal void Add(LiveBroker broker) => _senders.Add(
        broker.Registration.Id, new BrokerSender(broker.Registration.Id, channels.Open(broker), answered, scheduler, time, log));

    internal void Remove(int broker)
    {
        if (_senders.Remove(broker, out BrokerSender? sender))
        {
            sender.Dispose();
        }
    }

    internal void Send(RequestBatch batch)
    {
        foreach (BrokerRequests requests in batch.Build())
        {
            if (_senders.TryGetValue(requests.Broker, out BrokerSender? sender))
            {
                sender.Send(requests);
            }
        }
    }

    /// <summary>A task that completes when some brokers have answered what they were sent, or are gone.</summary>
    internal Task Drained(Func<int, bool> counts) => _senders.Where(sender => counts(sender.Key)).Select(sender => sender.Value.Drained()).AllHere();

    public void Dispose()
    {
        foreach (BrokerSender sender in _senders.Values)
        {
            sender.Dispose();
        }
        _senders.Clear();
    }
}
