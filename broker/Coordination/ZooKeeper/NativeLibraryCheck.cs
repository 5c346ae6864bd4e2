using System.Runtime.InteropServices;

namespace Broker.Coordination.ZooKeeper;

/// <summary>Whether the C client is installed here, and what only its file has.</summary>
internal static class NativeLibraryCheck
{
    /// <summary>A function that 3.5.3 brought: since then an operation of a multi has the size of <see cref="NativeOp"/>.</summary>
    private const string NewestFunction = "zoo_acreate2_ttl";

    private static readonly nint Handle = NativeLibrary.TryLoad(NativeClient.Library, out nint handle) ? handle : 0;

    /// <summary>Why the client cannot be used, in one sentence; null where it can.</summary>
    internal static string? Absent { get; } =
        Handle == 0 ? $"ZooKeeper's C client {NativeClient.Library} is not installed: install Debian's package libzookeeper-mt2."
        : !NativeLibrary.TryGetExport(Handle, NewestFunction, out _)
            ? $"ZooKeeper's C client {NativeClient.Library} is older than release 3.5.3: install a newer one."
        : null;

    /// <summary>ZOO_OPEN_ACL_UNSAFE: everyone may do everything.</summary>
    internal static nint OpenAcl { get; } = Handle != 0 && NativeLibrary.TryGetExport(Handle, "ZOO_OPEN_ACL_UNSAFE", out nint acl) ? acl : 0;
}
