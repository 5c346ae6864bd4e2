namespace Broker.Coordination.Embedded;

/// <summary>A session on the embedded tree.</summary>
internal sealed class EmbeddedSession(EmbeddedCoordination service, SessionKey key, Action<SessionState>? onState) : ICoordinationSession
{
    private readonly List<Action> _missed = [];
    private volatile int _state;

    public SessionKey Key { get; } = key;

    public SessionState State => (SessionState)_state;

    public async ValueTask<CreateResult> Create(string path, byte[]? data, CreateMode mode = CreateMode.Persistent)
    {
        OpResult result = await CommitOne(new Op.Create(path, data, mode));
        return new CreateResult(result.Code, result.Path, result.Stat);
    }

    public async ValueTask<StatResult> SetData(string path, byte[]? data, int version = Op.AnyVersion)
    {
        OpResult result = await CommitOne(new Op.SetData(path, data, version));
        return new StatResult(result.Code, result.Stat);
    }

    public async ValueTask<Code> Delete(string path, int version = Op.AnyVersion) => (await CommitOne(new Op.Delete(path, version))).Code;

    public ValueTask<DataResult> GetData(string path, Watcher? watcher = null) => Submit(() => Read(path, watcher), code => new DataResult(code));

    public ValueTask<ChildrenResult> GetChildren(string path, Watcher? watcher = null) =>
        Submit(() => ReadChildren(path, watcher), code => new ChildrenResult(code));

    public ValueTask<StatResult> Exists(string path, Watcher? watcher = null) => Submit(() => ReadStat(path, watcher), code => new StatResult(code));

    public ValueTask<MultiResult> Multi(IReadOnlyList<Op> operations) =>
        Submit(() => service.Commit(this, operations), code => new MultiResult(code, []));

    public async ValueTask DisposeAsync() => await service.End(this, SessionState.Closed);

    /// <summary>Queues a watch's notice, or keeps it until the session is connected again. Needs the tree's lock.</summary>
    internal void Notify(Watcher watcher, WatchedEvent notice)
    {
        if (State == SessionState.Disconnected)
        {
            _missed.Add(() => watcher(notice));
        }
        else
        {
            service.Post(() => watcher(notice));
        }
    }

    /// <summary>Changes the state and returns whether it changed: an ended session stays ended. Needs the tree's lock.</summary>
    internal bool SetState(SessionState state)
    {
        if (State is SessionState.Closed or SessionState.Expired || State == state)
        {
            return false;
        }
        _state = (int)state;
        if (onState is not null)
        {
            service.Post(() => onState(state));
        }
        if (state == SessionState.Connected)
        {
            _missed.ForEach(service.Post);
        }
        _missed.Clear();
        return true;
    }

    private async ValueTask<OpResult> CommitOne(Op operation)
    {
        MultiResult result = await Submit(() => service.Commit(this, [operation]), code => new MultiResult(code, []));
        return result.Results.Count == 0 ? new OpResult(result.Code) : result.Results[0];
    }

    private ValueTask<T> Submit<T>(Func<T> run, Func<Code, T> fail) => service.Submit(
        () => State switch
        {
            SessionState.Connected => run(),
            SessionState.Disconnected => fail(Code.ConnectionLoss),
            _ => fail(Code.SessionExpired),
        },
        fail);

    private DataResult Read(string path, Watcher? watcher)
    {
        if (!ZnodePath.IsValid(path))
        {
            return new DataResult(Code.BadArguments);
        }
        if (service.Tree.Find(path) is not { } node)
        {
            return new DataResult(Code.NoNode);
        }
        if (watcher is not null)
        {
            service.Watches.AddData(path, this, watcher);
        }
        return new DataResult(Code.Ok, node.Data, node.Stat);
    }

    private ChildrenResult ReadChildren(string path, Watcher? watcher)
    {
        if (!ZnodePath.IsValid(path))
        {
            return new ChildrenResult(Code.BadArguments);
        }
        if (service.Tree.Find(path) is not { } node)
        {
            return new ChildrenResult(Code.NoNode);
        }
        if (watcher is not null)
        {
            service.Watches.AddChildren(path, this, watcher);
        }
        return new ChildrenResult(Code.Ok, node.Children, node.Stat);
    }

    private StatResult ReadStat(string path, Watcher? watcher)
    {
        if (!ZnodePath.IsValid(path))
        {
            return new StatResult(Code.BadArguments);
        }
        if (watcher is not null)
        {
            service.Watches.AddData(path, this, watcher);
        }
        return service.Tree.Find(path) is { } node ? new StatResult(Code.Ok, node.Stat) : new StatResult(Code.NoNode);
    }
}
