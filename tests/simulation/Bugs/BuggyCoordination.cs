using Broker.Coordination;

namespace Broker.Simulation.Tests.Bugs;

/// <summary>ZooKeeper as a broker uses it whose multis go through a bug.</summary>
internal sealed class BuggyCoordination(ICoordinationService inner, Bug bug) : ICoordinationService
{
    public async ValueTask<ICoordinationSession> OpenSession(Action<SessionState>? onState = null) => new Session(await inner.OpenSession(onState), bug);

    public ValueTask<ICoordinationSession?> ResumeSession(SessionKey key) => inner.ResumeSession(key);

    private sealed class Session(ICoordinationSession inner, Bug bug) : ICoordinationSession
    {
        public SessionKey Key => inner.Key;

        public SessionState State => inner.State;

        public ValueTask<CreateResult> Create(string path, byte[]? data, CreateMode mode = CreateMode.Persistent) => inner.Create(path, data, mode);

        public ValueTask<StatResult> SetData(string path, byte[]? data, int version = Op.AnyVersion) => inner.SetData(path, data, version);

        public ValueTask<Code> Delete(string path, int version = Op.AnyVersion) => inner.Delete(path, version);

        public ValueTask<DataResult> GetData(string path, Watcher? watcher = null) => inner.GetData(path, watcher);

        public ValueTask<ChildrenResult> GetChildren(string path, Watcher? watcher = null) => inner.GetChildren(path, watcher);

        public ValueTask<StatResult> Exists(string path, Watcher? watcher = null) => inner.Exists(path, watcher);

        public ValueTask<MultiResult> Multi(IReadOnlyList<Op> operations) => inner.Multi([.. operations.Select(bug.Written)]);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
