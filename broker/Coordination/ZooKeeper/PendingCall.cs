namespace Broker.Coordination.ZooKeeper;

/// <summary>A request that is not answered yet.</summary>
internal abstract class PendingCall(ZooKeeperSession session)
{
    /// <summary>All requests that the C client has and has not answered, of all sessions.</summary>
    internal static Registry<PendingCall> Sent { get; } = new();

    internal ZooKeeperSession Session => session;

    /// <summary>How many connections the session had lost when the request was sent.</summary>
    internal int LostConnections { get; set; }

    /// <summary>Gives the request to the C client, which refers to it by its number. Returns ZooKeeper's code; not 0 means that it has not been sent.</summary>
    internal abstract int Send(nint handle, nint number);

    /// <summary>Answers with an error.</summary>
    internal abstract void Fail(Code code);
}

/// <summary>A request whose answer is a <typeparamref name="T"/>.</summary>
/// <param name="session">Whose request it is.</param>
/// <param name="send">Calls the C client with a handle and this request's number.</param>
/// <param name="fail">Makes an answer of an error.</param>
/// <param name="answered">Called before the answer is given, with it and <see cref="PendingCall.LostConnections"/>; on the C client's thread.</param>
internal sealed class PendingCall<T>(ZooKeeperSession session, Func<nint, nint, int> send, Func<Code, T> fail, Action<T, int>? answered = null)
    : PendingCall(session)
{
    // The awaiting code continues on the pool, never on the C client's thread.
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal ValueTask<T> Answer => new(_answer.Task);

    internal override int Send(nint handle, nint number) => send(handle, number);

    internal override void Fail(Code code) => Complete(fail(code));

    internal void Complete(T answer)
    {
        answered?.Invoke(answer, LostConnections);
        _answer.TrySetResult(answer);
    }
}
