using System.Runtime.InteropServices;
using Broker.Server.Network;
using Broker.Server.Requests;
using Broker.Storage.Logs;

namespace Broker.Server.Apis.Fetching;

/// <summary>A slice of a log as the records of a response; the sender reads it when the socket can take more bytes.</summary>
internal sealed class LogRecords(LogSlice slice, string directory, bool isRecent) : StreamedRecords
{
    public override string Directory => directory;

    public override int Length => slice.Length;

    /// <summary>
    /// Records that were recent when the fetch read them count as cached without a further check, except on a thread that other connections share: there a
    /// wrong guess would block them.
    /// </summary>
    public override bool IsCached(int position, int count) => (isRecent && !SocketWaits.IsSharedThread) || slice.IsCached(position, count);

    public override int ReadAt(int position, Span<byte> destination) => slice.ReadAt(position, destination);

    public override int? SendTo(SafeHandle socket, int position, int count) => slice.SendTo(socket, position, count);

    public override void Dispose()
    {
        slice.Dispose();
        base.Dispose();
    }
}
