using System.Runtime.InteropServices;
using Broker.Server.Network;
using Broker.Storage;

namespace Broker.Server.Apis.Fetching;

/// <summary>A claim on a piece of a log, on its way into a response; read as the socket drains.</summary>
internal sealed class LogRecords(LogSlice slice, bool isRecent) : StreamedRecords
{
    private bool _isCached = isRecent;

    public override int Length => slice.Length;

    public override bool IsCached(int position)
    {
        _isCached = _isCached || slice.IsCached(position);
        return _isCached;
    }

    public override int ReadAt(int position, Span<byte> destination) => slice.ReadAt(position, destination);

    public override int SendTo(SafeHandle socket, int position) => slice.SendTo(socket, position);

    public override void Dispose()
    {
        slice.Dispose();
        base.Dispose();
    }
}
