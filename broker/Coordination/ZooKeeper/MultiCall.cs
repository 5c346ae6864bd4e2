using System.Runtime.InteropServices;
using System.Text;

namespace Broker.Coordination.ZooKeeper;

/// <summary>A multi. Its operations and their results lie in memory of its own, which the C client writes to until it answers.</summary>
internal sealed unsafe class MultiCall(ZooKeeperSession session, IReadOnlyList<Op> operations) : PendingCall(session)
{
    /// <summary>What no operation's error is: an operation that has it after the answer was not read, because the whole request failed.</summary>
    private const int NotRead = int.MaxValue;

    /// <summary>What a server adds to a sequential znode's path, and the final zero.</summary>
    private const int PathAddition = 12;

    private readonly TaskCompletionSource<MultiResult> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<nint> _memory = [];
    private NativeOpResult* _results;

    internal ValueTask<MultiResult> Answer => new(_answer.Task);

    internal override int Send(nint handle, nint number)
    {
        NativeOp* ops = (NativeOp*)Allocate(operations.Count * sizeof(NativeOp));
        _results = (NativeOpResult*)Allocate(operations.Count * sizeof(NativeOpResult));
        for (int i = 0; i < operations.Count; i++)
        {
            _results[i].Error = NotRead;
            Init(ops + i, operations[i]);
        }
        return NativeClient.Multi(handle, operations.Count, ops, _results, &Callbacks.Multi, number);
    }

    internal override void Fail(Code code) => Complete(code);

    /// <summary>Reads the results, frees the memory, answers. Not while the C client still has the request.</summary>
    internal void Complete(Code code)
    {
        MultiResult answer = new(code, _results is null || _results[0].Error == NotRead ? [] : Results());
        _memory.ForEach(block => NativeMemory.Free((void*)block));
        _memory.Clear();
        _results = null;
        _answer.TrySetResult(answer);
    }

    private OpResult[] Results()
    {
        OpResult[] results = new OpResult[operations.Count];
        for (int i = 0; i < results.Length; i++)
        {
            NativeOpResult result = _results[i];
            string? path = operations[i] is Op.Create ? Callbacks.Text(result.Value) : null;
            results[i] = result.Error != 0 ? new OpResult((Code)result.Error)
                : new OpResult(Code.Ok, path, result.Stat is null ? default : result.Stat->ToStat());
        }
        return results;
    }

    private void Init(NativeOp* op, Op operation)
    {
        byte* path = Copy([.. Encoding.UTF8.GetBytes(operation.Path), 0]);
        switch (operation)
        {
            case Op.Create create:
                int length = Encoding.UTF8.GetByteCount(create.Path) + PathAddition;
                NativeClient.InitCreate(op, path, Copy(create.Data), create.Data?.Length ?? -1, NativeLibraryCheck.OpenAcl, (int)create.Mode,
                    Allocate(length), length);
                break;
            case Op.SetData set:
                NativeClient.InitSet(op, path, Copy(set.Data), set.Data?.Length ?? -1, set.Version, (NativeStat*)Allocate(sizeof(NativeStat)));
                break;
            case Op.Delete delete:
                NativeClient.InitDelete(op, path, delete.Version);
                break;
            case Op.Check check:
                NativeClient.InitCheck(op, path, check.Version);
                break;
        }
    }

    /// <summary>Null for no bytes; never null for empty ones, which are something else.</summary>
    private byte* Copy(byte[]? bytes)
    {
        if (bytes is null)
        {
            return null;
        }
        byte* copy = Allocate(bytes.Length);
        bytes.CopyTo(new Span<byte>(copy, bytes.Length));
        return copy;
    }

    private byte* Allocate(int bytes)
    {
        // At least one byte: the allocation of none may be null.
        byte* block = (byte*)NativeMemory.AllocZeroed((nuint)Math.Max(bytes, 1));
        _memory.Add((nint)block);
        return block;
    }
}
