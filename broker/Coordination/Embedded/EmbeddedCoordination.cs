namespace Broker.Coordination.Embedded;

/// <summary>
/// The embedded tree: znodes in the memory of one process, journaled to one file when it has one. Several brokers of the process may share it.
/// With a journal all operations run on a thread of its own, which makes what has gathered durable with one fsync and then answers it; without one
/// they run on the caller's. While the journal cannot be written (a full disk), sessions are disconnected and what was decided waits; each further operation
/// tries again first, and when that succeeds, the sessions are connected again.
/// </summary>
public sealed class EmbeddedCoordination : ICoordinationService, IAsyncDisposable
{
    /// <summary>
    /// Waiting operations; every broker keeps a few in flight, so what is over this is a runaway, and is answered <see cref="Code.ThrottledOp"/>.
    /// </summary>
    internal const int MaxWaiting = 65_536;

    /// <summary>Operations that share one fsync; bounds how long the first of them waits for the others.</summary>
    private const int MaxBatch = 1024;

    private readonly Lock _tree = new();
    private readonly TimeProvider _time;
    private readonly Journal? _journal;
    private readonly List<EmbeddedSession> _sessions = [];
    private readonly List<Transaction> _undurable = [];
    private readonly List<Outgoing> _outbox = [];
    private readonly List<Outgoing> _withheld = [];
    private readonly List<EmbeddedSession> _disconnected = [];
    private readonly Action<IOException?>? _onJournal;
    private readonly object _queueGate = new();
    private readonly Queue<Operation> _queue = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastSessionId;
    private bool _failed;
    private bool _stopping;

    private EmbeddedCoordination(TimeProvider time, ZnodeTree tree, Journal? journal, Action<IOException?>? onJournal)
    {
        _onJournal = onJournal;
        _time = time;
        _journal = journal;
        Tree = tree;
        // As in ZooKeeper: the start time in the high bits and a counter below, so that session ids never repeat after a restart.
        _lastSessionId = time.GetUtcNow().ToUnixTimeMilliseconds() << 16;
        if (journal is null)
        {
            _stopped.SetResult();
        }
        else
        {
            new Thread(Run) { IsBackground = true, Name = "coordination" }.Start();
        }
    }

    /// <summary>The number of the last change of the tree; 0 where there was none.</summary>
    public long LastZxid => Tree.Zxid;

    /// <summary>The current tree. Needs the tree's lock.</summary>
    internal ZnodeTree Tree { get; private set; }

    /// <summary>All sessions' watches. Needs the tree's lock.</summary>
    internal WatchTable Watches { get; } = new();

    /// <summary>A tree that dies with the process.</summary>
    public static EmbeddedCoordination InMemory(TimeProvider time) => new(time, ZnodeTree.Empty, null, null);

    /// <summary>A tree journaled to a file, which is made if it is not there and locked while the tree is open.</summary>
    /// <param name="path">The file.</param>
    /// <param name="time">The clock.</param>
    /// <param name="onJournal">Called with the failure when the journal cannot be written, and with null when it can be written again. On the tree's
    /// thread.</param>
    /// <exception cref="JournalCorruptException">The file is damaged in a way that a crash does not explain.</exception>
    /// <exception cref="IOException">The file cannot be opened, or another process has it.</exception>
    public static EmbeddedCoordination Open(string path, TimeProvider time, Action<IOException?>? onJournal = null)
    {
        FileJournalStore store = new(path);
        try
        {
            return Open(store, time, onJournal);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    internal static EmbeddedCoordination Open(IJournalStore store, TimeProvider time, Action<IOException?>? onJournal = null)
    {
        Journal journal = Journal.Open(store, time, out ZnodeTree tree);
        return new EmbeddedCoordination(time, tree, journal, onJournal);
    }

    /// <inheritdoc/>
    public ValueTask<ICoordinationSession> OpenSession(Action<SessionState>? onState = null) => Submit<ICoordinationSession>(
        () =>
        {
            EmbeddedSession session = new(this, new SessionKey(++_lastSessionId, []), onState);
            _sessions.Add(session);
            return session;
        },
        _ => throw new IOException("The coordination journal cannot be written"));

    /// <inheritdoc/>
    public ValueTask<ICoordinationSession?> ResumeSession(SessionKey key) => Submit<ICoordinationSession?>(
        () =>
        {
            if (_sessions.FindLast(session => session.Key.Id == key.Id) is not { } former)
            {
                return null;
            }
            former.SetState(SessionState.Disconnected);
            Watches.Forget(former);
            EmbeddedSession session = new(this, former.Key, null);
            _sessions.Add(session);
            return session;
        },
        _ => throw new IOException("The coordination journal cannot be written"));

    /// <summary>Ends a session as a time-out would: its ephemeral znodes are deleted, and its owner is notified.</summary>
    public async ValueTask Expire(ICoordinationSession session) => await End((EmbeddedSession)session, SessionState.Expired);

    /// <summary>Disconnects a session, as a lost connection would: its ephemeral znodes stay.</summary>
    public async ValueTask Disconnect(ICoordinationSession session) => await SetState((EmbeddedSession)session, SessionState.Disconnected);

    /// <summary>Connects a session again; it gets the notices that it missed.</summary>
    public async ValueTask Reconnect(ICoordinationSession session) => await SetState((EmbeddedSession)session, SessionState.Connected);

    /// <summary>Answers what is waiting, ends all sessions and closes the journal.</summary>
    public async ValueTask DisposeAsync()
    {
        EmbeddedSession[] sessions;
        lock (_tree)
        {
            sessions = [.. _sessions];
        }
        foreach (EmbeddedSession session in sessions)
        {
            await End(session, SessionState.Closed);
        }
        lock (_queueGate)
        {
            _stopping = true;
            Monitor.Pulse(_queueGate);
        }

        await _stopped.Task;
        _journal?.Dispose();
    }

    /// <summary>Queues a notice, which is delivered once the transactions so far are durable. Needs the tree's lock.</summary>
    internal void Post(Action notice) => _outbox.Add(new Outgoing(notice, null));

    /// <summary>Runs an operation under the tree's lock; it is answered when what it read and wrote is durable.</summary>
    internal ValueTask<T> Submit<T>(Func<T> run, Func<Code, T> fail)
    {
        TaskCompletionSource<T> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        void Run()
        {
            T? result = run();
            _outbox.Add(new Outgoing(() => answer.SetResult(result), Refuse));
        }

        void Refuse(Code code) => Fail(answer, fail, code);

        Operation operation = new(Run, Refuse);
        if (_journal is null)
        {
            RunBatch([operation]);
        }
        else if (Enqueue(operation) is var refusal && refusal != Code.Ok)
        {
            Refuse(refusal);
        }
        return new ValueTask<T>(answer.Task);
    }

    /// <summary>Does all operations or none. Needs the tree's lock.</summary>
    internal MultiResult Commit(EmbeddedSession session, IReadOnlyList<Op> operations)
    {
        long time = _time.GetUtcNow().ToUnixTimeMilliseconds();
        long zxid = Tree.Zxid + 1;
        ZnodeTree tree = Tree;
        List<Effect> effects = new();
        List<OpResult> results = new(operations.Count);
        foreach (Op operation in operations)
        {
            Code code = tree.Decide(operation, session.Key.Id, out Effect? effect);
            if (code != Code.Ok)
            {
                return Failed(operations.Count, results.Count, code);
            }
            if (effect is not null)
            {
                tree = tree.Apply(new Transaction(zxid, time, [effect]));
                effects.Add(effect);
            }

            results.Add(new OpResult(Code.Ok, (effect as Effect.Created)?.Path, tree.Find(effect?.Path ?? operation.Path)?.Stat ?? default));
        }

        if (effects.Count > 0)
        {
            Adopt(tree, new Transaction(zxid, time, effects));
        }
        return new MultiResult(Code.Ok, results);
    }

    internal ValueTask<bool> End(EmbeddedSession session, SessionState state) => Submit(
        () =>
        {
            if (!session.SetState(state))
            {
                return false;
            }
            // A session that was resumed has its former owner's handle too.
            foreach (EmbeddedSession ended in _sessions.Where(one => one.Key.Id == session.Key.Id).ToArray())
            {
                ended.SetState(SessionState.Expired);
                _sessions.Remove(ended);
                Watches.Forget(ended);
            }
            IOrderedEnumerable<string> mine = Tree.Nodes.Where(node => node.Value.EphemeralOwner
                == session.Key.Id).Select(node => node.Key).Order(StringComparer.Ordinal);
            List<Effect> effects = mine.Select(Effect (path) => new Effect.Deleted(path)).ToList();
            Transaction transaction = new(Tree.Zxid + 1, _time.GetUtcNow().ToUnixTimeMilliseconds(), effects);
            if (effects.Count > 0)
            {
                Adopt(Tree.Apply(transaction), transaction);
            }
            return true;
        },
        _ => false);

    private static void Fail<T>(TaskCompletionSource<T> answer, Func<Code, T> fail, Code code)
    {
        try
        {
            answer.SetResult(fail(code));
        }
        catch (IOException failure)
        {
            answer.SetException(failure);
        }
    }

    private static MultiResult Failed(int count, int at, Code code)
    {
        OpResult[] results = new OpResult[count];
        Array.Fill(results, new OpResult(Code.RuntimeInconsistency), at + 1, count - at - 1);
        results[at] = new OpResult(code);
        return new MultiResult(code, results);
    }

    private ValueTask<bool> SetState(EmbeddedSession session, SessionState state) => Submit(() => session.SetState(state), _ => false);

    private void Adopt(ZnodeTree tree, Transaction transaction)
    {
        Tree = tree;
        if (_journal is not null)
        {
            _undurable.Add(transaction);
        }
        foreach (Effect effect in transaction.Effects)
        {
            Watches.Trigger(effect);
        }
    }

    private Code Enqueue(Operation operation)
    {
        lock (_queueGate)
        {
            if (_stopping)
            {
                return Code.SessionExpired;
            }
            if (_queue.Count >= MaxWaiting)
            {
                return Code.ThrottledOp;
            }
            _queue.Enqueue(operation);
            Monitor.Pulse(_queueGate);
            return Code.Ok;
        }
    }

    private void Run()
    {
        List<Operation> batch = new();
        while (TakeBatch(batch))
        {
            RunBatch(batch);
            batch.Clear();
        }

        _stopped.SetResult();
    }

    private bool TakeBatch(List<Operation> batch)
    {
        lock (_queueGate)
        {
            while (_queue.Count == 0 && !_stopping)
            {
                Monitor.Wait(_queueGate);
            }
            while (batch.Count < MaxBatch && _queue.TryDequeue(out Operation operation))
            {
                batch.Add(operation);
            }
        }

        return batch.Count > 0;
    }

    private void RunBatch(List<Operation> batch)
    {
        lock (_tree)
        {
            if (_failed && !TryMakeDurable())
            {
                batch.ForEach(operation => operation.Refuse(Code.ConnectionLoss));
                return;
            }

            if (_failed)
            {
                ReconnectAll();
            }
            batch.ForEach(operation => operation.Run());
            if (!TryMakeDurable())
            {
                DisconnectAll();
            }
            _outbox.ForEach(outgoing => outgoing.Deliver());
            _outbox.Clear();
        }
    }

    /// <summary>Appends the waiting transactions to the journal; false where the journal cannot be written.</summary>
    private bool TryMakeDurable()
    {
        if (_undurable.Count == 0)
        {
            return true;
        }
        try
        {
            _journal!.Append(_undurable);
        }
        catch (IOException failure)
        {
            if (!_failed)
            {
                _onJournal?.Invoke(failure);
            }
            return false;
        }

        _undurable.Clear();
        _journal.CompactIfDue(Tree);
        return true;
    }

    /// <summary>
    /// After a failed write the tree in memory is ahead of the disk, and a crash would undo the difference. So nothing is answered from it: the sessions are
    /// disconnected, and their operations fail with an unknown outcome. Notices of watches wait until the transactions that caused them are durable.
    /// </summary>
    private void DisconnectAll()
    {
        _failed = true;
        foreach (Outgoing outgoing in _outbox)
        {
            if (outgoing.Refuse is { } refuse)
            {
                refuse(Code.ConnectionLoss);
            }
            else
            {
                _withheld.Add(outgoing);
            }
        }

        _outbox.Clear();
        _disconnected.AddRange(_sessions.Where(session => session.SetState(SessionState.Disconnected)));
    }

    private void ReconnectAll()
    {
        _failed = false;
        _onJournal?.Invoke(null);
        _disconnected.ForEach(session => session.SetState(SessionState.Connected));
        _outbox.AddRange(_withheld);
        _disconnected.Clear();
        _withheld.Clear();
    }

    /// <summary>Something to do under the tree's lock, or to refuse.</summary>
    private readonly record struct Operation(Action Run, Action<Code> Refuse);

    /// <summary>An answer or a notice; an answer can be refused instead, a notice cannot.</summary>
    private readonly record struct Outgoing(Action Deliver, Action<Code>? Refuse);
}
