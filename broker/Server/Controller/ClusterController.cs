using System.Threading.Channels;
using Broker.Coordination;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Metadata;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Scheduling;
using Broker.Storage;

namespace Broker.Server.Controller;

/// <summary>
/// A broker's part in controlling the cluster: it takes part in the election and, while it is the controller, turns changes of the tree into decisions and
/// requests. One loop handles one event at a time; watches and answers only queue events, and no event waits for a broker.
/// </summary>
internal sealed class ClusterController : IAsyncDisposable
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest pause between attempts to join again: a broker that is not registered serves nobody.</summary>
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(5);

    // Unbounded by construction: watches are one-shot, a sender's answers are bounded by its queue, shutdowns by the brokers.
    private readonly Channel<Event> _events = Channel.CreateUnbounded<Event>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ControllerSettings _settings;
    private readonly ClusterSession _session;
    private readonly ZnodeClient _znodes;
    private readonly ControllerElection _election;
    private readonly IBrokerChannels _channels;
    private readonly Func<string, Task<bool>> _isUncleanElectionAllowed;
    private readonly Func<ValueTask> _registerAgain;
    private readonly IScheduler _scheduler;
    private readonly TimeProvider _time;
    private readonly ControllerLog _log;
    private readonly ControllerMetrics _metrics;
    private readonly ITimer _retry;
    private readonly ControllerWatches _watches;
    private readonly DeletedTopics _deleted = new();
    private TimeSpan _retryAfter = FirstRetry;
    private ControllerTerm? _term;
    private bool _isRegistered = true;
    private bool _isPaused = true;
    private Task _loop = Task.CompletedTask;

    /// <param name="isUncleanElectionAllowed">unclean.leader.election.enable of a topic, as it is in the tree.</param>
    /// <param name="registerAgain">Registers this broker in a new session, after the old one expired.</param>
    internal ClusterController(
        ControllerSettings settings, ClusterSession session, IBrokerChannels channels, Func<string, Task<bool>> isUncleanElectionAllowed,
        Func<ValueTask> registerAgain, IScheduler scheduler, TimeProvider time, ControllerLog log, ControllerMetrics metrics)
    {
        _settings = settings;
        _session = session;
        _znodes = new ZnodeClient(session);
        _channels = channels;
        _isUncleanElectionAllowed = isUncleanElectionAllowed;
        _registerAgain = registerAgain;
        _scheduler = scheduler;
        _time = time;
        _log = log;
        _metrics = metrics;
        _watches = new ControllerWatches((name, handle) => Post(name, () => _term is { } term && !_isPaused ? handle(term) : Task.CompletedTask));
        _election = new ControllerElection(_znodes, settings.BrokerId, time, () => Post("ControllerChange", ControllerChanged));
        _retry = time.CreateTimer(_ => Post("Retry", Rejoin), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        session.Subscribe(SessionChanged);
    }

    /// <summary>Whether this broker is the controller now; from any thread.</summary>
    internal bool IsActive => Volatile.Read(ref _term) is not null;

    /// <summary>
    /// Takes part in the election. Completes when a broker has won it; if that is this one, when it has taken the cluster over. What fails is tried again
    /// later.
    /// </summary>
    internal async Task Start()
    {
        _loop = _scheduler.Run(Run);
        Post("Startup", Rejoin);
        await Ask("Started", () => true);
    }

    /// <summary>Handles a broker's ControlledShutdown; from any thread. <see cref="ErrorCode.StaleControllerEpoch"/> where this broker is not the
    /// controller.</summary>
    internal Task<(ErrorCode Error, IReadOnlyList<TopicPartition> Remaining)> ShutDown(int broker, long brokerEpoch) =>
        AskTerm<(ErrorCode, IReadOnlyList<TopicPartition>)>(
            "ControlledShutdown", (ErrorCode.StaleControllerEpoch, []), term => term.Brokers.ShutDown(broker, brokerEpoch));

    /// <summary>Handles a leader's AlterPartition; from any thread. <see cref="ErrorCode.NotController"/> where this broker is not the controller.</summary>
    /// <param name="version">0 to 3: before 2 topics go by their names, from 2 by their ids.</param>
    internal Task<AlterPartitionResponse> AlterPartition(AlterPartitionRequest request, short version) => AskTerm(
        "AlterPartition", new AlterPartitionResponse { ErrorCode = (short)ErrorCode.NotController }, term => term.Isrs.Alter(request, version));

    /// <summary>Gives a broker the next block of producer ids; from any thread. <see cref="ErrorCode.NotController"/> where this broker is not the
    /// controller; <see cref="ErrorCode.BrokerIdNotRegistered"/> or <see cref="ErrorCode.StaleBrokerEpoch"/> where the broker is not registered so.</summary>
    internal Task<(ErrorCode Error, ProducerIdBlock? Block)> AllocateProducerIds(int brokerId, long brokerEpoch) =>
        AskTerm<(ErrorCode, ProducerIdBlock?)>(
            "AllocateProducerIds", (ErrorCode.NotController, null), term => term.ProducerIds.Allocate(brokerId, brokerEpoch));

    /// <summary>Elects leaders; from any thread. A result for each partition, <see cref="ErrorCode.NotController"/> where this broker is not the
    /// controller.</summary>
    /// <param name="isUnclean">Whether replicas out of sync may lead where there is no leader; else preferred leaders are elected.</param>
    /// <param name="partitions">Each once.</param>
    internal Task<IReadOnlyList<ElectionResult>> ElectLeaders(bool isUnclean, IReadOnlyCollection<TopicPartition> partitions) =>
        AskTerm<IReadOnlyList<ElectionResult>>(
            "ReplicaLeaderElection", [.. partitions.Select(partition => new ElectionResult(partition, ErrorCode.NotController))],
            term => term.Elections.Elect(isUnclean ? ElectionKind.Unclean : ElectionKind.Preferred, partitions));

    /// <summary>
    /// Does an operation as the controller; from any thread. Returns its code, or null where this broker is not the controller. A former one, whose request
    /// arrives late, would change a topic that was created again under the name: a new znode begins with version 0 again.
    /// </summary>
    internal Task<Code?> Write(Op operation) => AskTerm<Code?>("Write", null, async term => await term.Store.TryWrite(operation));

    /// <summary>
    /// Notes that a topic's settings have changed, or, where it is null, the cluster's: topics may be led by replicas out of sync now. From any thread.
    /// </summary>
    internal void SettingsChanged(string? topic) =>
        Post("TopicUncleanLeaderElectionEnable", () => _term is { } term && !_isPaused ? term.Elections.TryOffline(topic) : Task.CompletedTask);

    /// <summary>Waits until every event queued so far has been handled, and some brokers have answered what they were sent for it, or are gone. Their answers
    /// may be events in turn.</summary>
    internal async Task AllSent(Func<int, bool> counts) => await await Ask("AllSent", () => _term?.Senders.Drained(counts) ?? Task.CompletedTask);

    public async ValueTask DisposeAsync()
    {
        _events.Writer.TryComplete();
        await _loop;
        await _retry.DisposeAsync();
        Resign();
    }

    private async Task Run()
    {
        await foreach (Event next in _events.Reader.ReadEach())
        {
            if (next.Term is not null && (next.Term != _term || _isPaused))
            {
                continue;
            }
            await Handle(next);
        }
    }

    /// <summary>The top of the loop: an event that fails is logged, and the loop continues with the next.</summary>
    private async Task Handle(Event next)
    {
        try
        {
            await next.Handle();
        }
        catch (CoordinationLostException lost) when (lost.IsCutOff)
        {
            await Pause(lost.Code);
            RetryLater();
        }
        catch (ControllerMovedException)
        {
            Resign();
            Post("StepDown", StepDown);
        }
#pragma warning disable CA1031 // After any failure of one event, the next one must still be handled.
        catch (Exception problem)
#pragma warning restore CA1031
        {
            _log.Failed(next.Name, problem);
        }
    }

    private void Post(string name, Func<Task> handle) => _events.Writer.TryWrite(new Event(name, null, handle));

    /// <summary>Queues an event that cannot fail and returns its result.</summary>
    private Task<T> Ask<T>(string name, Func<T> handle)
    {
        TaskCompletionSource<T> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        bool isQueued = _events.Writer.TryWrite(new Event(name, null, () =>
        {
            answer.SetResult(handle());
            return Task.CompletedTask;
        }));
        return isQueued ? answer.Task : Task.FromException<T>(new ObjectDisposedException(nameof(ClusterController)));
    }

    /// <summary>Queues an event for the controller and returns its result; another one where this broker is not the controller, or ceases to be it
    /// meanwhile.</summary>
    private Task<T> AskTerm<T>(string name, T otherwise, Func<ControllerTerm, Task<T>> handle)
    {
        TaskCompletionSource<T> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        async Task Answer()
        {
            try
            {
                answer.SetResult(_term is { } term && !_isPaused ? await handle(term) : otherwise);
            }
            catch (Exception problem)
            {
                if (problem is ControllerMovedException or CoordinationLostException { IsCutOff: true })
                {
                    answer.SetResult(otherwise);
                }
                answer.TrySetException(problem);
                throw;
            }
        }

        return _events.Writer.TryWrite(new Event(name, null, Answer)) ? answer.Task : Task.FromResult(otherwise);
    }

    private void SessionChanged(SessionState state)
    {
        switch (state)
        {
            case SessionState.Disconnected: Post("Disconnected", () => Pause(Code.ConnectionLoss)); break;
            case SessionState.Connected: Post("Reconnected", Rejoin); break;
            case SessionState.Expired: Post("Expired", Rejoin); break;
            case SessionState.Closed: break;
        }
    }

    private Task Pause(Code code)
    {
        _isPaused = true;
        _log.Paused(code);
        return Task.CompletedTask;
    }

    private void RetryLater()
    {
        _retry.Change(_retryAfter, Timeout.InfiniteTimeSpan);
        _retryAfter = _retryAfter * 2 < LastRetry ? _retryAfter * 2 : LastRetry;
    }

    /// <summary>
    /// Does what is missing until this broker is a member again: a session, its registration, a controller. Called at the start, when the session is connected
    /// again or has expired, and again after a failure: at once when the connection returns, else after a pause. What is done is not repeated.
    /// </summary>
    private Task Rejoin() => Attempt(async () =>
    {
        SessionState state = _session.Current.State;
        if (state == SessionState.Disconnected || (state == SessionState.Connected && !_isPaused))
        {
            return; // The connection's return comes as an event; or nothing is missing.
        }
        if (state == SessionState.Expired)
        {
            Resign();
            _isRegistered = false;
            _watches.Clear();
            await _session.Open();
        }
        if (!_isRegistered)
        {
            await _registerAgain();
            _isRegistered = true;
        }
        _isPaused = false;
        // If this broker is still the controller it begins a new term, because an event may have been interrupted.
        Resign();
        await Elect();
    });

    private Task ControllerChanged() => Attempt(async () =>
    {
        if (!_isPaused && (_term is not { } term || !await _election.Holds(term.EpochVersion)))
        {
            Resign();
            await Elect();
        }
    });

    /// <summary>Another broker has written the controller epoch: this one's term is over.</summary>
    private Task StepDown() => Attempt(async () =>
    {
        if (!_isPaused)
        {
            await _election.Withdraw();
            await Elect();
        }
    });

    /// <summary>A step towards membership that fails leaves this broker paused, not as the controller, and is tried again after a growing pause.</summary>
    private async Task Attempt(Func<Task> step)
    {
        try
        {
            await step();
            _retryAfter = FirstRetry;
        }
#pragma warning disable CA1031 // Whatever has failed, this broker must become a member again.
        catch (Exception problem) when (problem is not (ControllerMovedException or CoordinationLostException { IsCutOff: true }))
#pragma warning restore CA1031
        {
            _log.Interrupted(problem);
            _isPaused = true;
            Resign();
            RetryLater();
            await _election.Withdraw();
        }
    }

    private async Task Elect()
    {
        ElectionOutcome outcome = await _election.Stand();
        if (outcome.Controller == _settings.BrokerId && outcome.EpochVersion >= 0)
        {
            await BeginTerm(outcome.Epoch, outcome.EpochVersion);
        }
        else
        {
            _log.Follows(outcome.Controller);
        }
    }

    private async Task BeginTerm(int epoch, int version)
    {
        ControllerTerm term = new(
            _settings, epoch, version, _znodes, _channels, _isUncleanElectionAllowed, _scheduler, _time, _log, _metrics, _watches, _deleted,
            (name, owner, handle) => _events.Writer.TryWrite(new Event(name, owner, handle)));
        Volatile.Write(ref _term, term);
        _metrics.Cluster = term.Context;
        _log.ElectedController(_settings.BrokerId, epoch);
        await term.Start();
    }

    private void Resign()
    {
        if (_term is not { } term)
        {
            return;
        }
        Volatile.Write(ref _term, null);
        _metrics.Cluster = null;
        term.Dispose();
        _log.Resigned(term.Epoch);
    }

    private sealed record Event(string Name, ControllerTerm? Term, Func<Task> Handle);
}
