using System.Buffers;
using System.Runtime.CompilerServices;
using Broker.Protocol;
using Broker.Server.Partitions;
using Broker.Server.Requests;

namespace Broker.Server.Network;

/// <summary>
/// Sends responses. Bytes in memory are sent as they are; records from the log follow as the socket drains: many of them directly from the page cache, few
/// through a piece of memory. All connections share one limit on the bytes of pieces; over the limit, pieces are small, and no connection waits for a slow
/// reader. One for the broker; any number of callers.
/// </summary>
internal sealed class ResponseSender(ByteBudget pieces, DirectoryThreads coldReads)
{
    /// <summary>Sends everything that the writer holds. The caller resets the writer and disposes of its payloads.</summary>
    /// <exception cref="IOException">Records of the response are no longer in the log. The connection must be closed, because half of the response has been
    /// sent.</exception>
    public async ValueTask Send(Transport transport, ProtocolWriter response)
    {
        try
        {
            if (response.Deferred.Count > 0)
            {
                await Stream(transport, response);
            }
            else
            {
                await WriteChunks(transport, response);
            }
        }
        finally
        {
            if (SocketWaits.IsSharedThread)
            {
                await ContinueInPool();
            }
        }
    }

    /// <summary>Continues on a thread of the pool.</summary>
    private static ConfiguredTaskAwaitable ContinueInPool() => Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);

    private static async ValueTask WriteChunks(Transport transport, ProtocolWriter response)
    {
        for (int i = 0; i < response.ChunkCount; i++)
        {
            await transport.Write(response.Chunk(i));
        }
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
            if (reserved)
            {
                pieces.Release(wanted);
            }
        }
    }

    /// <summary>Sends one response. Its small parts are collected in one piece of memory, which is sent when it is full.</summary>
    private sealed class PieceStream(Transport transport, ProtocolWriter response, byte[] piece, DirectoryThreads coldReads)
    {
        private readonly int _size = Math.Min(piece.Length, NetworkOptions.PieceBytes);
        private int _filled;
        private int _chunk;
        private int _chunkOffset;
        private int _buffered;
        private bool _isCorked;

        public async ValueTask SendAll()
        {
            for (int i = 0; i < response.Deferred.Count; i++)
            {
                DeferredPayload deferred = response.Deferred[i];
                await AddBuffered(deferred.Position);
                await AddRecords((StreamedRecords)deferred.Payload);
                // On a thread that other connections share, let them run after each part.
                if (SocketWaits.IsSharedThread)
                {
                    await transport.WaitWritable();
                }
            }

            await AddBuffered(response.BufferedLength);
            await Flush();
            if (_isCorked)
            {
                transport.SetCorked(false);
            }
        }

        private async ValueTask AddBuffered(int upTo)
        {
            while (_buffered < upTo)
            {
                ReadOnlyMemory<byte> chunk = response.Chunk(_chunk)[_chunkOffset..];
                int count = Math.Min(Math.Min(chunk.Length, upTo - _buffered), _size - _filled);
                chunk.Span[..count].CopyTo(piece.AsSpan(_filled));
                Advance(count, chunk.Length);
                if (_filled == _size)
                {
                    await Flush();
                }
            }
        }

        private void Advance(int count, int chunkRest)
        {
            _filled += count;
            _buffered += count;
            _chunkOffset = count == chunkRest ? 0 : _chunkOffset + count;
            if (count == chunkRest)
            {
                _chunk++;
            }
        }

        private async ValueTask AddRecords(StreamedRecords records)
        {
            int position = records.Length >= NetworkOptions.DirectBytes ? await SendDirectly(records) : 0;
            while (position < records.Length)
            {
                if (SocketWaits.IsSharedThread)
                {
                    await ContinueInPool();
                }
                int from = position;
                int count = Math.Min(records.Length - position, _size - _filled);
                int read = records.IsCached(from, count) ? records.ReadAt(from, piece.AsSpan(_filled, count))
                    : await coldReads.Of(records.Directory).Run(() => records.ReadAt(from, piece.AsSpan(_filled, count)));
                if (read == 0)
                {
                    throw new IOException($"{records.Length - position} bytes of records that a response has announced are no longer in the log");
                }
                position += read;
                _filled += read;
                if (_filled == _size)
                {
                    await Flush();
                }
            }
        }

        /// <summary>Returns how many bytes it sent: all, or those before the first that cannot be sent directly.</summary>
        private async ValueTask<int> SendDirectly(StreamedRecords records)
        {
            if (!_isCorked && response.Length <= NetworkOptions.MaxCorkedBytes)
            {
                // So the parts before and behind the records share packets with them.
                transport.SetCorked(true);
                _isCorked = true;
            }

            await Flush();
            int position = 0;
            for (bool hasWaited = false; ; hasWaited = true)
            {
                int from = position;
                int count = Math.Min(records.Length - position, NetworkOptions.DirectStepBytes);
                int? sent = records.IsCached(from, count) ? transport.SendDirectly(records, from, count)
                    : await coldReads.Of(records.Directory).Run(() => transport.SendDirectly(records, from, count));
                position += sent ?? 0;
                if (sent is null || position == records.Length)
                {
                    return position;
                }
                if (sent == 0 && hasWaited)
                {
                    await Task.Delay(NetworkOptions.SendRetryDelay);
                }
                await transport.WaitWritable();
            }
        }

        private async ValueTask Flush()
        {
            if (_filled > 0)
            {
                await transport.Write(piece.AsMemory(0, _filled));
            }
            _filled = 0;
        }
    }
}
