using System.Threading.Channels;
using Broker.Coordination;
using Broker.Protocol;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Scheduling;
using Broker.Storage;

namespace Broker.Server.Controller;

/// <summary>
/// A broker's part in controlling the cluster: it takes part in the election and, while it is the controller, turns changes of the tree into decisions and
/// requests. One loop handles one event at a time; watches and answers only queue events.
/// </summary>
internal sealed class ClusterController : IAsyncDisposable
{
    // Unbounded by construction: watches are one-shot, a sender's answers are bounded by its queue, shutdowns by the brokers.
    private readonly Channel<Event> _events = Channel.CreateUnbounded<Event>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ControllerSettings _settings;
    private readonly ClusterSession _session;
    private readonly ZnodeClient _znodes;
    private readonly IBrokerChannels _channels;
    private readonly Func<string, bool> _isUncleanElectionAllowed;
    private readonly Func<ValueTask> _registerAgain;
    private readonly IScheduler _scheduler;
    private readonly TimeProvider _time;
    private readonly ControllerLog _log;
    private ControllerTerm? _term;
    private bool _isPaused;
    private Task _loop = Task.CompletedTask;

    /// <param name="isUncleanElectionAllowed">unclean.leader.election.enable of a topic.</param>
    /// <param name="registerAgain">Registers this broker in a new session, after the old one expired.</param>
    internal ClusterController(
        ControllerSettings settings, ClusterSession session, IBrokerChannels channels, Func<string, bool> isUncleanElectionAllowed,
        Func<ValueTask> registerAgain, IScheduler scheduler, TimeProvider time, ControllerLog log)
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
        session.Subscribe(SessionChanged);
    }

    /// <summary>Whether this broker is the controller now; from any thread.</summary>
    internal bool IsActive => Volatile.Read(ref _term) is not null;

    /// <summary>Takes part in the election. Completes when a broker has won it; if that is this one, when it has taken the cluster over.</summary>
    internal async Task Start()
    {
        _loop = _scheduler.Run(Run);
        await Ask("Startup", Elect);
    }

    /// <summary>Handles a broker's ControlledShutdown; from any thread. <see cref="ErrorCode.StaleControllerEpoch"/> where this broker is not the
    /// controller.</summary>
    internal Task<(ErrorCode Error, IReadOnlyList<TopicPartition> Remaining)> ShutDown(int broker, long brokerEpoch) =>
        Ask("ControlledShutdown",
        async () => _term is { } term && !_isPaused ? await term.Brokers.ShutDown(broker, brokerEpoch) : (ErrorCode.StaleControllerEpoch, []));

    /// <summary>Waits until every event queued so far has been handled, and brokers have answered what they were sent for it. Their answers may be events in
    /// turn.</summary>
    internal Task AllSent() => Ask("AllSent", () => _term is { } term ? term.Senders.Drained() : Task.CompletedTask);

    public async ValueTask DisposeAsync()
    {
        _events.Writer.TryComplete();
        await _loop;
        await Resign();
    }

    private async Task Run()
    {
        await foreach (Event next in _events.Reader.ReadAllAsync())
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
            _isPaused = true;
            _log.Paused(lost.Code);
        }
        catch (ControllerMovedException)
        {
            await Resign();
            Post("Reelect", Elect);
        }
#pragma warning disable CA1031 // After any failure of one event, the next one must still be handled.
        catch (Exception problem)
#pragma warning restore CA1031
        {
            _log.Failed(next.Name, problem);
        }
    }

    private void Post(string name, Func<Task> handle) => _events.Writer.TryWrite(new Event(name, null, handle));

    private Task Ask(string name, Func<Task> handle) => Ask(name, async () =>
    {
        await handle();
        return true;
    });

    /// <summary>Queues an event and returns its result.</summary>
    private Task<T> Ask<T>(string name, Func<Task<T>> handle)
    {
        TaskCompletionSource<T> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        async Task Answering()
        {
            try
            {
                answer.SetResult(await handle());
            }
            catch (Exception problem)
            {
                answer.SetException(problem);
                throw;
            }
        }

        if (!_events.Writer.TryWrite(new Event(name, null, Answering)))
        {
            answer.SetException(new ObjectDisposedException(nameof(ClusterController)));
        }
        return answer.Task;
    }

    private void SessionChanged(SessionState state)
    {
        switch (state)
        {
            case SessionState.Disconnected: Post("Disconnected", Pause); break;
            case SessionState.Connected: Post("Reconnected", Reconnected); break;
            case SessionState.Expired: Post("Expired", Expired); break;
            case SessionState.Closed: break;
        }
    }

    private Task Pause()
    {
        _isPaused = true;
        _log.Paused(Code.ConnectionLoss);
        return Task.CompletedTask;
    }

    /// <summary>In the same session: if this broker is still the controller it reads everything again, because an event may have been interrupted.</summary>
    private async Task Reconnected()
    {
        _isPaused = false;
        if (_term is not { } before)
        {
            await Elect();
            return;
        }

        int controller = await WatchController();
        StatResult epoch = await _znodes.Session.Exists(ZnodePaths.ControllerEpoch);
        await Resign();
        if (controller == _settings.BrokerId && epoch.Stat.Version == before.EpochVersion)
        {
            await BeginTerm(before.Epoch, before.EpochVersion);
        }
        else
        {
            await Elect();
        }
    }

    private async Task Expired()
    {
        await Resign();
        await _session.Open();
        _isPaused = false;
        await _registerAgain();
        await Elect();
    }

    /// <summary>Watches /controller. Returns the id of the broker that is the controller, or -1.</summary>
    private async Task<int> WatchController()
    {
        await _znodes.Exists(ZnodePaths.Controller, _ => Post("ControllerChange", ControllerChanged));
        return await _znodes.ControllerId();
    }

    private async Task ControllerChanged()
    {
        if (_isPaused)
        {
            return;
        }
        int controller = await WatchController();
        if (controller != _settings.BrokerId)
        {
            await Resign();
        }
        if (controller < 0)
        {
            await Elect();
        }
    }

    private async Task Elect()
    {
        if (await WatchController() is var present and >= 0)
        {
            _log.Follows(present);
            return;
        }

        (int epoch, int version) = await ReadEpoch();
        MultiResult result = await _znodes.Session.Multi([
            new Op.Create(ZnodePaths.Controller, ControllerZnode.Encode(_settings.BrokerId, _time.GetUtcNow().ToUnixTimeMilliseconds()), CreateMode.Ephemeral),
            new Op.SetData(ZnodePaths.ControllerEpoch, ControllerEpochZnode.Encode(epoch + 1), version)]);
        if (result.Code == Code.Ok)
        {
            await BeginTerm(epoch + 1, version + 1);
        }
        else if (result.Code is Code.NodeExists or Code.BadVersion)
        {
            await Lost(epoch);
        }
        else
        {
            throw new CoordinationLostException(result.Code, ZnodePaths.Controller);
        }
    }

    /// <summary>Another broker was elected, or this one was and only the answer got lost.</summary>
    private async Task Lost(int epoch)
    {
        (int now, int version) = await ReadEpoch();
        int winner = await _znodes.ControllerId();
        if (winner == _settings.BrokerId && now == epoch + 1)
        {
            await BeginTerm(now, version);
        }
        else if (winner >= 0)
        {
            _log.Follows(winner);
        }
        else
        {
            Post("Reelect", Elect);
        }
    }

    private async Task<(int Epoch, int Version)> ReadEpoch()
    {
        CreateResult created = await _znodes.Session.Create(ZnodePaths.ControllerEpoch, ControllerEpochZnode.Encode(0));
        ZnodeClient.Expect(created.Code, ZnodePaths.ControllerEpoch, Code.NodeExists);
        DataResult read = await _znodes.Get(ZnodePaths.ControllerEpoch);
        return (ControllerEpochZnode.Decode(read.Data), read.Stat.Version);
    }

    private async Task BeginTerm(int epoch, int version)
    {
        ControllerTerm term = new(
            _settings, epoch, version, _znodes, _channels, _isUncleanElectionAllowed, _scheduler, _log,
            (name, owner, handle) => _events.Writer.TryWrite(new Event(name, owner, handle)));
        Volatile.Write(ref _term, term);
        _log.ElectedController(_settings.BrokerId, epoch);
        await term.Start();
    }

    private async Task Resign()
    {
        if (_term is not { } term)
        {
            return;
        }
        Volatile.Write(ref _term, null);
        await term.DisposeAsync();
        _log.Resigned(term.Epoch);
    }

    private sealed record Event(string Name, ControllerTerm? Term, Func<Task> Handle);
}
