using System.Runtime.InteropServices;

namespace Broker.Coordination.ZooKeeper;

/// <summary>
/// The functions of Apache's C client that are used here, under their own names without the prefix. All but init and close return at once. A completion is
/// called exactly once for a call that returned 0, on the client's completion thread.
/// </summary>
internal static unsafe partial class NativeClient
{
    internal const string Library = "libzookeeper_mt.so.2";

    /// <summary>ZOO_NO_LOG_CLIENTENV.</summary>
    internal const int NoEnvironmentLog = 2;

    /// <summary>ZOO_SESSION_EVENT, the type of an event that is about the session.</summary>
    internal const int SessionEvent = -1;

    /// <summary>ZWATCHTYPE_ANY.</summary>
    internal const int AnyWatch = 3;

    internal const int ExpiredState = -112;
    internal const int AuthFailedState = -113;
    internal const int ConnectedState = 3;

    [LibraryImport(Library, EntryPoint = "zookeeper_init2", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    internal static partial nint Init(string host, delegate* unmanaged[Cdecl]<nint, int, int, byte*, nint, void> watcher, int receiveTimeout,
        NativeClientId* clientId, nint context, int flags, delegate* unmanaged[Cdecl]<byte*, void> log);

    /// <summary>Ends the session if it is connected, joins the client's threads and frees the handle.</summary>
    [LibraryImport(Library, EntryPoint = "zookeeper_close")]
    internal static partial int Close(nint handle);

    [LibraryImport(Library, EntryPoint = "zoo_client_id")]
    internal static partial NativeClientId* ClientId(nint handle);

    /// <summary>The session's time-out in milliseconds, which the server has granted with the present connection.</summary>
    [LibraryImport(Library, EntryPoint = "zoo_recv_timeout")]
    internal static partial int ReceiveTimeout(nint handle);

    [LibraryImport(Library, EntryPoint = "zoo_acreate2", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Create(nint handle, string path, byte* value, int length, nint acl, int mode,
        delegate* unmanaged[Cdecl]<int, byte*, NativeStat*, nint, void> completion, nint data);

    [LibraryImport(Library, EntryPoint = "zoo_adelete", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Delete(nint handle, string path, int version, delegate* unmanaged[Cdecl]<int, nint, void> completion, nint data);

    [LibraryImport(Library, EntryPoint = "zoo_aset", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Set(nint handle, string path, byte* value, int length, int version,
        delegate* unmanaged[Cdecl]<int, NativeStat*, nint, void> completion, nint data);

    [LibraryImport(Library, EntryPoint = "zoo_awexists", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Exists(nint handle, string path, delegate* unmanaged[Cdecl]<nint, int, int, byte*, nint, void> watcher, nint context,
        delegate* unmanaged[Cdecl]<int, NativeStat*, nint, void> completion, nint data);

    [LibraryImport(Library, EntryPoint = "zoo_awget", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Get(nint handle, string path, delegate* unmanaged[Cdecl]<nint, int, int, byte*, nint, void> watcher, nint context,
        delegate* unmanaged[Cdecl]<int, byte*, int, NativeStat*, nint, void> completion, nint data);

    [LibraryImport(Library, EntryPoint = "zoo_awget_children2", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int GetChildren(nint handle, string path, delegate* unmanaged[Cdecl]<nint, int, int, byte*, nint, void> watcher,
        nint context, delegate* unmanaged[Cdecl]<int, NativeStrings*, NativeStat*, nint, void> completion, nint data);

    /// <summary>Forgets a path's watches; with <paramref name="local"/> 1 in the client only, without a request.</summary>
    [LibraryImport(Library, EntryPoint = "zoo_remove_all_watches", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int RemoveAllWatches(nint handle, string path, int type, int local);

    [LibraryImport(Library, EntryPoint = "zoo_amulti")]
    internal static partial int Multi(nint handle, int count, NativeOp* ops, NativeOpResult* results,
        delegate* unmanaged[Cdecl]<int, nint, void> completion, nint data);

    [LibraryImport(Library, EntryPoint = "zoo_create_op_init")]
    internal static partial void InitCreate(NativeOp* op, byte* path, byte* value, int length, nint acl, int mode, byte* buffer, int bufferLength);

    [LibraryImport(Library, EntryPoint = "zoo_set_op_init")]
    internal static partial void InitSet(NativeOp* op, byte* path, byte* value, int length, int version, NativeStat* stat);

    [LibraryImport(Library, EntryPoint = "zoo_delete_op_init")]
    internal static partial void InitDelete(NativeOp* op, byte* path, int version);

    [LibraryImport(Library, EntryPoint = "zoo_check_op_init")]
    internal static partial void InitCheck(NativeOp* op, byte* path, int version);
}
