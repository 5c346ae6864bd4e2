using System.Text;

namespace Broker.Coordination.ZooKeeper;

/// <summary>
/// One session, on one handle of the C client. The client reconnects by itself; a session that has expired ends its handle. Requests above the bound wait here
/// in their order.
/// </summary>
internal sealed class ZooKeeperSession : ICoordinationSession
{
    /// <summary>Waiting requests; each part of a broker has few, so what is above this is a fault, and is answered <see cref="Code.ThrottledOp"/>.</summary>
    private const int MaxWaiting = 65_536;

    /// <summary>Bytes of headers, lengths and the access list of one operation; a little more than there are.</summary>
    private const int RequestOverhead = 100;

    private readonly Lock _gate = new();
    private readonly Queue<PendingCall> _waiting = new();
    private readonly SessionWatches _watches = new();
    private readonly TaskCompletionSource<bool> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _maxInFlight;
    private readonly Action<SessionState>? _onState;
    private readonly nint _number;
    private nint _handle;
    private int _inFlight;
    private int _lostConnections;
    private Task? _closing;
    private volatile SessionKey? _key;
    private volatile int _timeoutMs;
    private volatile int _state = (int)SessionState.Disconnected;

    /// <param name="maxInFlight">Requests that the C client has at one time.</param>
    /// <param name="onState">Receives changes of the state after the first connection.</param>
    internal ZooKeeperSession(int maxInFlight, Action<SessionState>? onState)
    {
        _maxInFlight = maxInFlight;
        _onState = onState;
        _number = Open.Add(this);
    }

    /// <summary>All sessions that have a handle.</summary>
    internal static Registry<ZooKeeperSession> Open { get; } = new();

    public SessionKey Key => _key ?? throw new InvalidOperationException("The session has not been connected yet");

    public TimeSpan Timeout => TimeSpan.FromMilliseconds(_timeoutMs);

    public SessionState State => (SessionState)_state;

    /// <summary>Completes with the first connection: whether the server has made or resumed the session.</summary>
    internal Task<bool> Opened => _opened.Task;

    /// <summary>Makes the handle, which connects in the background. Blocks while names of servers are looked up.</summary>
    /// <returns>False where the servers' names cannot be resolved.</returns>
    internal unsafe bool Connect(string servers, TimeSpan timeout, SessionKey? key)
    {
        NativeClientId id = key is null ? default : NativeClientId.Of(key);
        lock (_gate)
        {
            _handle = NativeClient.Init(servers, &Callbacks.SessionEvent, (int)timeout.TotalMilliseconds, key is null ? null : &id, _number,
                NativeClient.NoEnvironmentLog, &ClientLog.Write);
            return _handle != 0;
        }
    }

    public unsafe ValueTask<CreateResult> Create(string path, byte[]? data, CreateMode mode = CreateMode.Persistent)
    {
        Code refusal = Check(path, mode, data);
        return Submit(new PendingCall<CreateResult>(this, (handle, number) => WithData(data, bytes =>
                NativeClient.Create(handle, path, (byte*)bytes, data?.Length ?? -1, NativeLibraryCheck.OpenAcl, (int)mode, &Callbacks.Created, number)),
            code => new CreateResult(code)), refusal).Answer;
    }

    public unsafe ValueTask<StatResult> SetData(string path, byte[]? data, int version = Op.AnyVersion)
    {
        Code refusal = Check(path, CreateMode.Persistent, data);
        return Submit(new PendingCall<StatResult>(this, (handle, number) => WithData(data, bytes =>
                NativeClient.Set(handle, path, (byte*)bytes, data?.Length ?? -1, version, &Callbacks.Stat, number)),
            code => new StatResult(code)), refusal).Answer;
    }

    public unsafe ValueTask<Code> Delete(string path, int version = Op.AnyVersion) =>
        Submit(new PendingCall<Code>(this, (handle, number) => NativeClient.Delete(handle, path, version, &Callbacks.Deleted, number), code => code),
            path == ZnodePath.Root ? Code.BadArguments : Check(path)).Answer;

    public unsafe ValueTask<DataResult> GetData(string path, Watcher? watcher = null) =>
        Submit(new PendingCall<DataResult>(this,
            (handle, number) => NativeClient.Get(handle, path, watcher is null ? null : &Callbacks.PathEvent, _number, &Callbacks.Data, number),
            code => new DataResult(code),
            (answer, lost) => Leave(watcher, answer.Code == Code.Ok, _watches.AddData, path, answer.Stat, RenewalOfData, lost)), Check(path)).Answer;

    public unsafe ValueTask<ChildrenResult> GetChildren(string path, Watcher? watcher = null) =>
        Submit(new PendingCall<ChildrenResult>(this,
            (handle, number) => NativeClient.GetChildren(handle, path, watcher is null ? null : &Callbacks.PathEvent, _number, &Callbacks.Children, number),
            code => new ChildrenResult(code),
            (answer, lost) => Leave(watcher, answer.Code == Code.Ok, _watches.AddChildren, path, answer.Stat, RenewalOfChildren, lost)), Check(path)).Answer;

    public unsafe ValueTask<StatResult> Exists(string path, Watcher? watcher = null) =>
        Submit(new PendingCall<StatResult>(this,
            (handle, number) => NativeClient.Exists(handle, path, watcher is null ? null : &Callbacks.PathEvent, _number, &Callbacks.Stat, number),
            code => new StatResult(code),
            (answer, lost) => Leave(watcher, answer.Code is Code.Ok or Code.NoNode, _watches.AddData, path, Seen(answer.Code, answer.Stat), RenewalOfData,
                lost)), Check(path)).Answer;

    public ValueTask<MultiResult> Multi(IReadOnlyList<Op> operations)
    {
        Code refusal = operations.Select(Check).FirstOrDefault(code => code != Code.Ok);
        if (refusal == Code.Ok && operations.Sum(SizeOf) > ZnodePath.MaxDataBytes)
        {
            refusal = Code.MarshallingError;
        }
        return operations.Count == 0 ? new(new MultiResult(Code.Ok, [])) : Submit(new MultiCall(this, operations), refusal).Answer;
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (State != SessionState.Expired)
            {
                _state = (int)SessionState.Closed;
            }
            _closing ??= OwnThread.Run("zookeeper-close", Close);
        }
        await _closing;
    }

    /// <summary>A change of the session, from the C client.</summary>
    internal void StateChanged(nint handle, int state)
    {
        switch (state)
        {
            case NativeClient.ConnectedState: Connected(handle); break;
            case NativeClient.ExpiredState or NativeClient.AuthFailedState: Expired(); break;
            default: Disconnected(); break;
        }
    }

    /// <summary>A change of a watched znode, from the C client.</summary>
    internal void Notify(WatchedEvent notice)
    {
        foreach (Watcher watcher in _watches.Take(notice))
        {
            watcher(notice);
        }
    }

    /// <summary>The C client has answered a request; the next one that waits is sent.</summary>
    internal void Answered()
    {
        lock (_gate)
        {
            _inFlight--;
            SendWaiting();
        }
    }

    /// <summary>ZooKeeper's number as a code. The C client's own numbers say that the connection or the session has ended.</summary>
    internal Code CodeOf(int number)
    {
        const int OperationTimeout = -7;
        const int InvalidState = -9;
        const int Closing = -116;
        bool isLost = number is OperationTimeout or InvalidState or Closing or (int)Code.ConnectionLoss;
        return !isLost ? (Code)number : State is SessionState.Expired or SessionState.Closed ? Code.SessionExpired : Code.ConnectionLoss;
    }

    private static Code Check(Op operation) => operation switch
    {
        Op.Create create => Check(create.Path, create.Mode, create.Data),
        Op.SetData set => Check(set.Path, CreateMode.Persistent, set.Data),
        _ => Check(operation.Path),
    };

    private static Code Check(string path, CreateMode mode = CreateMode.Persistent, byte[]? data = null) =>
        !ZnodePath.IsValid(path, mode) ? Code.BadArguments
        : SizeOf(path, data) > ZnodePath.MaxDataBytes ? Code.MarshallingError
        : Code.Ok;

    private static int SizeOf(Op operation) => SizeOf(operation.Path, (operation as Op.Create)?.Data ?? (operation as Op.SetData)?.Data);

    /// <summary>Bytes of a request at most. A server ends the connection on which a larger one than it allows comes, so it must not be sent.</summary>
    private static int SizeOf(string path, byte[]? data) => Encoding.UTF8.GetByteCount(path) + (data?.Length ?? 0) + RequestOverhead;

    /// <summary>Calls with the address of the data: null for none, never null for empty data.</summary>
    private static unsafe int WithData(byte[]? data, Func<nint, int> call)
    {
        byte none = 0;
        fixed (byte* bytes = data)
        {
            return call((nint)(data is null ? null : data.Length == 0 ? &none : bytes));
        }
    }

    private static Stat? Seen(Code code, Stat stat) => code == Code.Ok ? stat : null;

    /// <summary>Adds a watch that an answer has left; one of a connection that is lost meanwhile is left again.</summary>
    private void Leave(Watcher? watcher, bool isLeft, Action<string, Watcher, Stat?> add, string path, Stat? seen, Func<string, PendingCall> renewal,
        int lostConnections)
    {
        if (watcher is null || !isLeft)
        {
            return;
        }
        add(path, watcher, seen);
        lock (_gate)
        {
            if (lostConnections != _lostConnections)
            {
                Renew([renewal(path)]);
            }
        }
    }

    /// <summary>
    /// Needs the gate. Leaves watches again on a new connection, before anything else is asked there, and notifies of what was missed. The C client would do it
    /// itself, with all paths in one request; a server ends a connection on which a request of more than a megabyte comes, and the session never comes back.
    /// </summary>
    private void Renew(IEnumerable<PendingCall> renewals)
    {
        foreach (PendingCall renewal in renewals)
        {
            _waiting.Enqueue(renewal);
        }
        SendWaiting();
    }

    private unsafe PendingCall RenewalOfData(string path) => new PendingCall<StatResult>(this,
        (handle, number) => NativeClient.Exists(handle, path, &Callbacks.PathEvent, _number, &Callbacks.Stat, number),
        code => new StatResult(code),
        (answer, _) => NotifyMissed(answer.Code, path, _watches.MissedOfData(path, Seen(answer.Code, answer.Stat))));

    private unsafe PendingCall RenewalOfChildren(string path) => new PendingCall<ChildrenResult>(this,
        (handle, number) => NativeClient.GetChildren(handle, path, &Callbacks.PathEvent, _number, &Callbacks.Children, number),
        code => new ChildrenResult(code),
        (answer, _) => NotifyMissed(answer.Code, path, _watches.MissedOfChildren(path, Seen(answer.Code, answer.Stat))));

    /// <summary>A renewal that is not answered is repeated on the next connection.</summary>
    private void NotifyMissed(Code code, string path, EventType? missed)
    {
        if (code is Code.Ok or Code.NoNode && missed is { } type)
        {
            Notify(new WatchedEvent(type, path));
        }
    }

    /// <summary>Sends a request, queues it, or answers it with the reason why not.</summary>
    private TCall Submit<TCall>(TCall call, Code refusal)
        where TCall : PendingCall
    {
        lock (_gate)
        {
            refusal = State switch
            {
                SessionState.Disconnected => Code.ConnectionLoss,
                SessionState.Expired or SessionState.Closed => Code.SessionExpired,
                _ when refusal != Code.Ok => refusal,
                _ when _waiting.Count >= MaxWaiting => Code.ThrottledOp,
                _ => Code.Ok,
            };
            if (refusal == Code.Ok)
            {
                _waiting.Enqueue(call);
                SendWaiting();
                return call;
            }
        }
        call.Fail(refusal);
        return call;
    }

    /// <summary>Needs the gate: so requests reach the C client in their order, and none reaches it after the handle was taken away.</summary>
    private void SendWaiting()
    {
        while (_inFlight < _maxInFlight && _handle != 0 && State == SessionState.Connected && _waiting.TryDequeue(out PendingCall? call))
        {
            call.LostConnections = _lostConnections;
            nint number = PendingCall.Sent.Add(call);
            if (call.Send(_handle, number) is var code and not 0)
            {
                PendingCall.Sent.Remove(number);
                call.Fail(CodeOf(code));
            }
            else
            {
                _inFlight++;
            }
        }
    }

    private unsafe void Connected(nint handle)
    {
        lock (_gate)
        {
            if (State is SessionState.Expired or SessionState.Closed)
            {
                return;
            }
            _key = NativeClient.ClientId(handle)->ToKey();
            _timeoutMs = NativeClient.ReceiveTimeout(handle);
            _state = (int)SessionState.Connected;
            Renew([.. _watches.DataPaths.Select(RenewalOfData), .. _watches.ChildrenPaths.Select(RenewalOfChildren)]);
        }
        if (!_opened.TrySetResult(true))
        {
            _onState?.Invoke(SessionState.Connected);
        }
    }

    private void Disconnected()
    {
        PendingCall[] refused;
        lock (_gate)
        {
            if (State != SessionState.Connected)
            {
                return;
            }
            _state = (int)SessionState.Disconnected;
            _lostConnections++;
            refused = TakeWaiting();
            foreach (string path in _watches.DataPaths.Union(_watches.ChildrenPaths))
            {
                _ = NativeClient.RemoveAllWatches(_handle, path, NativeClient.AnyWatch, local: 1);
            }
        }
        _onState?.Invoke(SessionState.Disconnected);
        Array.ForEach(refused, call => call.Fail(Code.ConnectionLoss));
    }

    private void Expired()
    {
        PendingCall[] refused;
        lock (_gate)
        {
            if (State is SessionState.Expired or SessionState.Closed)
            {
                return;
            }
            _state = (int)SessionState.Expired;
            refused = TakeWaiting();
            _closing ??= OwnThread.Run("zookeeper-close", Close);
        }
        if (!_opened.TrySetResult(false))
        {
            _onState?.Invoke(SessionState.Expired);
        }
        Array.ForEach(refused, call => call.Fail(Code.SessionExpired));
    }

    private PendingCall[] TakeWaiting()
    {
        PendingCall[] waiting = [.. _waiting];
        _waiting.Clear();
        return waiting;
    }

    /// <summary>Ends the handle; blocks until the C client's threads have ended. After that no call-back comes for this session.</summary>
    private void Close()
    {
        nint handle;
        PendingCall[] refused;
        lock (_gate)
        {
            handle = _handle;
            _handle = 0;
            refused = TakeWaiting();
        }
        if (handle != 0)
        {
            _ = NativeClient.Close(handle);
        }
        Open.Remove(_number);
        foreach (PendingCall call in refused.Concat(PendingCall.Sent.RemoveAll(sent => sent.Session == this)))
        {
            call.Fail(Code.SessionExpired);
        }
        if (State == SessionState.Closed)
        {
            _onState?.Invoke(SessionState.Closed);
        }
    }
}
