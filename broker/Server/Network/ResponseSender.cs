using System.Buffers;
using System.Runtime.InteropServices;
using Broker.Protocol;
using Broker.Server.Partitions;

namespace Broker.Server.Network;

/// <summary>
/// Sends responses: what is in memory as it is, records from the log as the socket drains: many directly from the page cache, few, and those that a full
/// socket does not take, in pieces that are read. All connections share one limit on
/// the bytes of pieces; over it, pieces get small instead of anyone waiting for a slow reader. One for the broker; any number of callers.
/// </summary>
internal sealed class ResponseSender(ByteBudget pieces, ColdWork coldReads)
{
    /// <summary>Sends everything that the writer holds. The caller resets the writer and disposes of its payloads.</summary>
    /// <exception cref="IOException">Promised records have gone; the connection must be closed, because half a response is out.</exception>
    public async ValueTask Send(Transport transport, ProtocolWriter response)
    {
        if (response.Deferred.Count > 0)
        {
            await Stream(transport, response);
            return;
        }

        for (int i = 0; i < response.ChunkCount; i++) await transport.Write(response.Chunk(i));
    }

    private async ValueTask Stream(Transport transport, ProtocolWriter response)
    {
        int wanted = Math.Min(NetworkOptions.PieceBytes, response.Length);
        bool reserved = pieces.TryReserve(wanted);
        byte[] piece = ArrayPool<byte>.Shared.Rent(reserved ? wanted : Math.Min(wanted, NetworkOptions.ScarcePieceBytes));
        try
        {
            await new PieceStream(transport, response, piece, coldReads).SendAll();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
            if (reserved) pieces.Release(wanted);
        }
    }

    /// <summary>One response on its way through one piece of memory, which is sent whenever it is full.</summary>
    private sealed class PieceStream(Transport transport, ProtocolWriter response, byte[] piece, ColdWork coldReads)
    {
        private readonly int _size = Math.Min(piece.Length, NetworkOptions.PieceBytes);
        private int _filled;
        private int _chunk;
        private int _chunkOffset;
        private int _buffered;

        public async ValueTask SendAll()
        {
            for (int i = 0; i < response.Deferred.Count; i++)
            {
                DeferredPayload deferred = response.Deferred[i];
                await AddBuffered(deferred.Position);
                await AddRecords((StreamedRecords)deferred.Payload);
            }

            await AddBuffered(response.BufferedLength);
            await Flush();
        }

        private async ValueTask AddBuffered(int upTo)
        {
            while (_buffered < upTo)
            {
                ReadOnlyMemory<byte> chunk = response.Chunk(_chunk)[_chunkOffset..];
                int count = Math.Min(Math.Min(chunk.Length, upTo - _buffered), _size - _filled);
                chunk.Span[..count].CopyTo(piece.AsSpan(_filled));
                Advance(count, chunk.Length);
                if (_filled == _size) await Flush();
            }
        }

        private void Advance(int count, int chunkRest)
        {
            _filled += count;
            _buffered += count;
            _chunkOffset = count == chunkRest ? 0 : _chunkOffset + count;
            if (count == chunkRest) _chunk++;
        }

        private async ValueTask AddRecords(StreamedRecords records)
        {
            int position = 0;
            while (position < records.Length)
            {
                SafeHandle? socket = records.Length - position >= NetworkOptions.DirectBytes ? transport.Socket : null;
                if (socket is not null) await Flush();
                int from = position;
                (int sent, int read) = records.IsCached(from) ? Take(records, socket, from) : await coldReads.Run(() => Take(records, socket, from));
                transport.NoteSent(sent);
                position += sent + read;
                _filled += read;
                if (_filled == _size) await Flush();
            }
        }

        /// <summary>Gives the socket what it takes directly and, once it is full, reads the piece that is to wait for it: both at once, as cold ones change the thread.</summary>
        private (int Sent, int Read) Take(StreamedRecords records, SafeHandle? socket, int position)
        {
            int sent = socket is null ? 0 : records.SendTo(socket, position);
            int rest = records.Length - position - sent;
            // A socket that has taken some is full: few bytes are enough to wait with, and the rest goes directly again.
            int wanted = Math.Min(rest, sent > 0 ? Math.Min(_size - _filled, NetworkOptions.WaitingBytes) : _size - _filled);
            int read = wanted == 0 ? 0 : records.ReadAt(position + sent, piece.AsSpan(_filled, wanted));
            return read > 0 || rest == 0 ? (sent, read) : throw new IOException($"{rest} bytes of records that a response had promised have gone from the log");
        }

        private async ValueTask Flush()
        {
            if (_filled > 0) await transport.Write(piece.AsMemory(0, _filled));
            _filled = 0;
        }
    }
}
