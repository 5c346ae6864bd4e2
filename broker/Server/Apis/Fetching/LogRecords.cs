using System.Runtime.InteropServices;
using Broker.Server.Network;
using Broker.Server.Requests;
using Broker.Storage.Logs;

namespace Broker.Server.Apis.Fetching;

/// <summary>A claim on a piece of a log, on its way into a response; read as the socket drains.</summary>
internal sealed class LogRecords(LogSlice slice, bool isRecent) : StreamedRecords
{
    public override int Length => slice.Length;

    /// <summary>What was recent when it was asked for is not looked at again, except where a mistake would hold up others.</summary>
    public override bool IsCached(int position, int count) => (isRecent && !SocketWaits.IsSharedThread) || slice.IsCached(position, count);

    public override int ReadAt(int position, Span<byte> destination) => slice.ReadAt(position, destination);

    public override int? SendTo(SafeHandle socket, int position, int count) => slice.SendTo(socket, position, count);

    public override void Dispose()
    {
        slice.Dispose();
        base.Dispose();
    }
}
