using System.Threading.Channels;
using Broker.Protocol.Messages;
using Broker.Server.InterBroker;
using Broker.Server.Scheduling;

namespace Broker.Server.Controller;

/// <summary>What a broker answered to requests that may fail by partition.</summary>
internal sealed record BrokerAnswers(BrokerRequests Requests, LeaderAndIsrResponse? LeaderAndIsr, StopReplicaResponse? StopReplica);

/// <summary>
/// Sends one broker its requests, one at a time, from a loop of its own; what waits meanwhile is merged, so the controller waits for no broker. A request
/// without a response is sent again until there is one (errors are responses too) or the sender is disposed of.
/// </summary>
internal sealed class BrokerSender : IDisposable
{
    /// <summary>Kafka's pause between two attempts.</summary>
    internal static readonly TimeSpan Backoff = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly WaitingRequests _waiting = new();
    private readonly List<(long Through, TaskCompletionSource Done)> _drains = [];

    // One pending wake-up is enough: the loop then sends all that waits.
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _end = new();
    private readonly CancellationToken _ended;
    private readonly int _broker;
    private readonly IBrokerChannel _channel;
    private readonly Action<BrokerAnswers> _answered;
    private readonly TimeProvider _time;
    private readonly ControllerLog _log;
    private long _queued;
    private long _delivered;
    private bool _hasEnded;
    private bool _isUnreachable;

    internal BrokerSender(int broker, IBrokerChannel channel, Action<BrokerAnswers> answered, IScheduler scheduler, TimeProvider time, ControllerLog log)
    {
        _broker = broker;
        _channel = channel;
        _answered = answered;
        _time = time;
        _log = log;
        _ended = _end.Token;
        _ = scheduler.Run(Run);
    }

    /// <summary>Queues requests; from any thread, never waits.</summary>
    internal void Send(BrokerRequests requests)
    {
        lock (_gate)
        {
            _waiting.Add(requests);
            _queued++;
        }

        _wake.Writer.TryWrite(true);
    }

    /// <summary>Completes when everything queued so far has been answered, or the sender is disposed of.</summary>
    internal Task Drained()
    {
        lock (_gate)
        {
            if (_hasEnded || _delivered == _queued)
            {
                return Task.CompletedTask;
            }
            TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _drains.Add((_queued, done));
            return done.Task;
        }
    }

    /// <summary>Cancels what is in flight and forgets what waits; does not wait for the broker. The loop closes the channel.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_hasEnded)
            {
                return;
            }
            _hasEnded = true;
        }

        _end.Cancel();
        _end.Dispose();
        Delivered(long.MaxValue);
    }

    private async Task Run()
    {
        try
        {
            await foreach (bool _ in _wake.Reader.ReadEach(_ended))
            {
                while (Take() is { } next)
                {
                    await TryDeliver(next.Requests);
                    Delivered(next.Through);
                }
            }
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // Disposed of.
        }
        finally
        {
            await _channel.DisposeAsync();
        }
    }

    /// <returns>The next requests, and how many of those queued are answered with them; those that were merged into later ones count with these.</returns>
    private (BrokerRequests Requests, long Through)? Take()
    {
        lock (_gate)
        {
            return !_hasEnded && _waiting.Take() is { } requests ? (requests, _waiting.IsEmpty ? _queued : _delivered) : null;
        }
    }

    private void Delivered(long through)
    {
        lock (_gate)
        {
            _delivered = through;
            _drains.RemoveAll(drain => drain.Through <= through && drain.Done.TrySetResult());
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
            if (!_ended.IsCancellationRequested)
            {
                _log.NotSent(_broker, problem);
            }
        }
    }

    private async Task Deliver(BrokerRequests requests)
    {
        LeaderAndIsrResponse? leaderAndIsr = requests.LeaderAndIsr is { } leaders ? await Repeat(() => _channel.Send(leaders, _ended)) : null;
        if (requests.UpdateMetadata is { } metadata)
        {
            await Repeat(() => _channel.Send(metadata, _ended));
        }
        StopReplicaResponse? stopReplica = requests.StopReplica is { } stops ? await Repeat(() => _channel.Send(stops, _ended)) : null;
        if (leaderAndIsr is not null || stopReplica is not null)
        {
            _answered(new BrokerAnswers(requests, leaderAndIsr, stopReplica));
        }
    }

    private async Task<TResponse> Repeat<TResponse>(Func<ValueTask<TResponse>> send)
    {
        while (true)
        {
            _ended.ThrowIfCancellationRequested();
            try
            {
                TResponse response = await send();
                _isUnreachable = false;
                return response;
            }
            catch (BrokerUnreachableException problem)
            {
                NoteUnreachable(problem);
            }

            await Task.Delay(Backoff, _time, _ended);
        }
    }

    /// <summary>One line for each time that the broker becomes unreachable, not for each attempt.</summary>
    private void NoteUnreachable(BrokerUnreachableException problem)
    {
        if (!_isUnreachable)
        {
            _log.Unreachable(_broker, problem.Message);
        }
        _isUnreachable = true;
    }
}
