using Broker.Coordination;
using Broker.Coordination.Embedded;
using Broker.Simulation.Tests.Worlds;

namespace Broker.Simulation.Tests.Cluster;

/// <summary>ZooKeeper as one broker sees it: requests and answers take time, connections break, sessions expire.</summary>
/// <param name="world">The history.</param>
/// <param name="server">Where the tree runs; it never crashes.</param>
/// <param name="tree">The tree, shared by all brokers.</param>
/// <param name="client">The broker's process.</param>
internal sealed class SimCoordination(World world, Node server, EmbeddedCoordination tree, Node client) : ICoordinationService
{
    public static readonly TimeSpan SessionTimeout = TimeSpan.FromSeconds(6);

    /// <summary>Longer than a take-over of the controller takes, shorter than a session.</summary>
    private const int SlowMs = 3_000;

    private readonly List<Session> _sessions = [];
    private long _slowUntil;

    public async ValueTask<ICoordinationSession> OpenSession(Action<SessionState>? onState = null)
    {
        TaskCompletionSource<Session> opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Add(server, Delay(), () =>
        {
            Session session = new(this);
            session.Open(onState);
            _sessions.Add(session);
            session.Answer(() => opened.SetResult(session), () => opened.SetResult(session));
        });
        return await opened.Task;
    }

    public ValueTask<ICoordinationSession?> ResumeSession(SessionKey key) => new((ICoordinationSession?)null);

    /// <summary>Ends the sessions now, as if their time were over.</summary>
    public void Expire() => _sessions.ForEach(session => session.Expire());

    /// <summary>Ends the sessions of a life that has crashed, or of a process that is still paused, when their time is over.</summary>
    public void ExpireLater(Func<bool> isAway)
    {
        Session[] present = [.. _sessions];
        world.Add(server, SessionTimeout, () =>
        {
            if (isAway())
            {
                Array.ForEach(present, session => session.Expire());
            }
        });
    }

    /// <summary>Breaks the connection for some time; the session may expire meanwhile.</summary>
    public void Cut(TimeSpan duration)
    {
        foreach (Session session in _sessions.ToArray())
        {
            session.Cut();
            world.Add(server, duration, () => session.Heal(duration > SessionTimeout));
        }
    }

    /// <summary>Delays requests, answers and notices for some time, and keeps the sessions.</summary>
    public void Slow(TimeSpan duration) => _slowUntil = world.Now + duration.Ticks;

    private TimeSpan Delay() => TimeSpan.FromMilliseconds(world.Random.Next(0, world.Now < _slowUntil ? SlowMs : 20));

    private sealed class Session(SimCoordination owner) : ICoordinationSession
    {
        private readonly Queue<Action> _requests = new();
        private readonly Queue<(Action Deliver, Action Lose)> _answers = new();
        private ICoordinationSession _inner = null!;
        private readonly int _life = owner.Client.Life;
        private SessionState _seen = SessionState.Connected;
        private bool _isCut;

        public SessionKey Key => _inner.Key;

        public SessionState State => _seen;

        public void Open(Action<SessionState>? onState) => _inner = AtOnce.Of(owner.Tree.OpenSession(state => Notify(() =>
        {
            _seen = state;
            onState?.Invoke(state);
        })));

        public void Cut()
        {
            if (_isCut || _inner.State != SessionState.Connected)
            {
                return;
            }

            _isCut = true;
            // What the tree has done and not answered yet is unknown to the client.
            (Action Deliver, Action Lose)[] lost = [.. _answers];
            _answers.Clear();
            foreach ((Action _, Action lose) in lost)
            {
                _answers.Enqueue((lose, lose));
            }

            AtOnce.Of(owner.Tree.Disconnect(_inner));
        }

        public void Heal(bool isExpired)
        {
            if (!_isCut)
            {
                return;
            }

            _isCut = false;
            if (isExpired)
            {
                Expire();
            }
            else
            {
                AtOnce.Of(owner.Tree.Reconnect(_inner));
            }
        }

        public void Expire()
        {
            _isCut = false;
            AtOnce.Of(owner.Tree.Expire(_inner));
        }

        public ValueTask<CreateResult> Create(string path, byte[]? data, CreateMode mode = CreateMode.Persistent) =>
            Ask(() => _inner.Create(path, data, mode), new CreateResult(Code.ConnectionLoss));

        public ValueTask<StatResult> SetData(string path, byte[]? data, int version = Op.AnyVersion) =>
            Ask(() => _inner.SetData(path, data, version), new StatResult(Code.ConnectionLoss));

        public ValueTask<Code> Delete(string path, int version = Op.AnyVersion) => Ask(() => _inner.Delete(path, version), Code.ConnectionLoss);

        public ValueTask<DataResult> GetData(string path, Watcher? watcher = null) =>
            Ask(() => _inner.GetData(path, Late(watcher)), new DataResult(Code.ConnectionLoss));

        public ValueTask<ChildrenResult> GetChildren(string path, Watcher? watcher = null) =>
            Ask(() => _inner.GetChildren(path, Late(watcher)), new ChildrenResult(Code.ConnectionLoss));

        public ValueTask<StatResult> Exists(string path, Watcher? watcher = null) =>
            Ask(() => _inner.Exists(path, Late(watcher)), new StatResult(Code.ConnectionLoss));

        public ValueTask<MultiResult> Multi(IReadOnlyList<Op> operations) => Ask(() => _inner.Multi(operations), new MultiResult(Code.ConnectionLoss, []));

        public async ValueTask DisposeAsync() => await Ask(
            async () =>
            {
                await _inner.DisposeAsync();
                return true;
            },
            false);

        /// <summary>Queues an answer or a notice: they arrive in their order.</summary>
        public void Answer(Action deliver, Action lose)
        {
            if (_life != owner.Client.Life)
            {
                return; // the process that had this session is gone
            }

            _answers.Enqueue((deliver, lose));
            owner.World.Add(owner.Client, owner.Delay(), () => _answers.Dequeue().Deliver());
        }

        private Watcher? Late(Watcher? watcher) => watcher is null ? null : notice => Notify(() => watcher(notice));

        private void Notify(Action notice) => Answer(notice, notice);

        private async ValueTask<T> Ask<T>(Func<ValueTask<T>> operation, T lost)
        {
            TaskCompletionSource<T> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _requests.Enqueue(() =>
            {
                T result = AtOnce.Of(operation());
                Answer(() => answer.SetResult(result), () => answer.TrySetResult(lost));
            });
            owner.World.Add(owner.Server, owner.Delay(), () => _requests.Dequeue()());
            return await answer.Task;
        }
    }

    private World World => world;

    private Node Server => server;

    private Node Client => client;

    private EmbeddedCoordination Tree => tree;
}
