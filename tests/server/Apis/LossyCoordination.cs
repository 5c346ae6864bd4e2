using Broker.Coordination;

namespace Broker.Server.Tests.Apis;

/// <summary>A tree whose answers can be lost or held, which notes what is read, and whose server may lengthen sessions.</summary>
internal sealed class LossyCoordination(ICoordinationService tree) : ICoordinationService
{
    private readonly Lock _gate = new();
    private readonly List<string> _read = [];
    private readonly SemaphoreSlim _asked = new(0);
    private volatile string? _losing;
    private volatile TaskCompletionSource? _held;

    /// <summary>How long the server lets a session last.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>The paths whose data were asked for, in their order.</summary>
    public IReadOnlyList<string> Read
    {
        get
        {
            lock (_gate)
            {
                return [.. _read];
            }
        }
    }

    /// <summary>Reads from now on are not answered.</summary>
    public void HoldReads() => _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Waits until so many reads are held; false where they do not come.</summary>
    public async Task<bool> HaveCome(int count)
    {
        bool haveCome = true;
        for (int i = 0; i < count && haveCome; i++)
        {
            haveCome = await _asked.WaitAsync(TimeSpan.FromSeconds(10));
        }
        return haveCome;
    }

    /// <summary>Ends <see cref="HoldReads"/>.</summary>
    public void AnswerReads()
    {
        TaskCompletionSource held = _held!;
        _held = null;
        held.SetResult();
    }

    /// <summary>Whether the answer that was to be lost is.</summary>
    public bool HasLost => _losing is null;

    /// <summary>The tree does the next multi that changes a znode; its answer does not arrive.</summary>
    public void LoseNextAnswer(string path) => _losing = path;

    public async ValueTask<ICoordinationSession> OpenSession(Action<SessionState>? onState = null) => new Session(this, await tree.OpenSession(onState));

    public async ValueTask<ICoordinationSession?> ResumeSession(SessionKey key) =>
        await tree.ResumeSession(key) is { } session ? new Session(this, session) : null;

    /// <summary>The tree's own session below one of this link.</summary>
    public static ICoordinationSession Inner(ICoordinationSession session) => ((Session)session).Below;

    private sealed class Session(LossyCoordination owner, ICoordinationSession inner) : ICoordinationSession
    {
        public ICoordinationSession Below => inner;

        public SessionKey Key => inner.Key;

        public SessionState State => inner.State;

        public ValueTask<CreateResult> Create(string path, byte[]? data, CreateMode mode = CreateMode.Persistent) => inner.Create(path, data, mode);

        public ValueTask<StatResult> SetData(string path, byte[]? data, int version = Op.AnyVersion) => inner.SetData(path, data, version);

        public ValueTask<Code> Delete(string path, int version = Op.AnyVersion) => inner.Delete(path, version);

        public TimeSpan Timeout => owner.Timeout;

        public async ValueTask<DataResult> GetData(string path, Watcher? watcher = null)
        {
            lock (owner._gate)
            {
                owner._read.Add(path);
            }
            if (owner._held is { } held)
            {
                owner._asked.Release();
                await held.Task;
            }
            return await inner.GetData(path, watcher);
        }

        public ValueTask<ChildrenResult> GetChildren(string path, Watcher? watcher = null) => inner.GetChildren(path, watcher);

        public ValueTask<StatResult> Exists(string path, Watcher? watcher = null) => inner.Exists(path, watcher);

        public async ValueTask<MultiResult> Multi(IReadOnlyList<Op> operations)
        {
            MultiResult answer = await inner.Multi(operations);
            if (!operations.Any(operation => operation is not Op.Check && operation.Path == owner._losing))
            {
                return answer;
            }
            owner._losing = null;
            return new MultiResult(Code.ConnectionLoss, []);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
