using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Broker.Coordination.ZooKeeper;

/// <summary>
/// What the C client calls, on its completion thread and in the server's order: answers of requests, notices of watches and changes of sessions. No exception
/// leaves these methods, because it would end the process.
/// </summary>
internal static unsafe class Callbacks
{
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static void SessionEvent(nint handle, int type, int state, byte* path, nint context)
    {
        if (type == NativeClient.SessionEvent)
        {
            Guard(() => ZooKeeperSession.Open.Find(context)?.StateChanged(handle, state));
        }
    }

    /// <summary>The watcher of all paths. The C client reports changes of the session to it too; they are no notices of a watch.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static void PathEvent(nint handle, int type, int state, byte* path, nint context)
    {
        if (type != NativeClient.SessionEvent)
        {
            WatchedEvent notice = new((EventType)type, Text(path) ?? "");
            Guard(() => ZooKeeperSession.Open.Find(context)?.Notify(notice));
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static void Created(int code, byte* path, NativeStat* stat, nint number) =>
        Answer(number, code, code == 0 ? new CreateResult(Code.Ok, Text(path), stat->ToStat()) : default);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static void Deleted(int code, nint number) => Answer(number, code, Code.Ok);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static void Stat(int code, NativeStat* stat, nint number) =>
        Answer(number, code, code == 0 ? new StatResult(Code.Ok, stat->ToStat()) : default);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static void Data(int code, byte* value, int length, NativeStat* stat, nint number) =>
        Answer(number, code,
            code == 0 ? new DataResult(Code.Ok, length < 0 ? null : new ReadOnlySpan<byte>(value, length).ToArray(), stat->ToStat()) : default);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static void Children(int code, NativeStrings* names, NativeStat* stat, nint number) =>
        Answer(number, code, code == 0 ? new ChildrenResult(Code.Ok, Sorted(names), stat->ToStat()) : default);

    /// <summary>The results of the operations are in the memory that the request holds.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static void Multi(int code, nint number) => Guard(() =>
    {
        if (PendingCall.Sent.Remove(number) is MultiCall call)
        {
            call.Complete(call.Session.CodeOf(code));
            call.Session.Answered();
        }
    });

    internal static string? Text(byte* text) => Marshal.PtrToStringUTF8((nint)text);

    private static void Answer<T>(nint number, int code, T answer) => Guard(() =>
    {
        if (PendingCall.Sent.Remove(number) is not PendingCall<T> call)
        {
            return;
        }
        if (code == 0)
        {
            call.Complete(answer);
        }
        else
        {
            call.Fail(call.Session.CodeOf(code));
        }
        call.Session.Answered();
    });

    private static string[] Sorted(NativeStrings* names)
    {
        string[] sorted = new string[names->Count];
        for (int i = 0; i < sorted.Length; i++)
        {
            sorted[i] = Text(names->Data[i]) ?? "";
        }
        Array.Sort(sorted, StringComparer.Ordinal);
        return sorted;
    }

    private static void Guard(Action act)
    {
        try
        {
            act();
        }
#pragma warning disable CA1031 // The border to C code: what passes it ends the process.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            ClientLog.CallbackFailed(failure);
        }
    }
}
