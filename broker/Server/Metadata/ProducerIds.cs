using Broker.Coordination;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Scheduling;

namespace Broker.Server.Metadata;

/// <summary>
/// Hands out producer ids from blocks that are taken from the tree by compare-and-set; an id is never handed out twice, what is left of a block at the end is
/// lost. The next block is fetched when nine tenths of one are used. From any thread.
/// </summary>
internal sealed class ProducerIds(ZnodeClient znodes, int brokerId, IScheduler scheduler, MetadataLog log)
{
    private const long PrefetchAt = ProducerIdBlock.Size * 9 / 10;

    private readonly Lock _gate = new();
    private ProducerIdBlock? _block;
    private ProducerIdBlock? _nextBlock;
    private long _next;
    private Task? _fetching;

    /// <summary>A new id, or null where no block can be reserved now: the client tries again.</summary>
    internal async ValueTask<long?> Next()
    {
        while (true)
        {
            Task fetching;
            lock (_gate)
            {
                if (TryTake(out long id))
                {
                    return id;
                }
                fetching = Fetch();
            }

            try
            {
                await fetching;
            }
            catch (CoordinationLostException)
            {
                return null;
            }
        }
    }

    private bool TryTake(out long id)
    {
        if ((_block is null || _next > _block.End) && _nextBlock is not null)
        {
            (_block, _nextBlock) = (_nextBlock, null);
            _next = _block.Start;
        }

        id = _next;
        if (_block is null || _next > _block.End)
        {
            return false;
        }
        _next++;
        if (_next - _block.Start >= PrefetchAt && _nextBlock is null)
        {
            _ = Fetch();
        }
        return true;
    }

    /// <summary>Under the lock; one fetch at a time.</summary>
    private Task Fetch()
    {
        if (_fetching is null or { IsCompleted: true })
        {
            _fetching = scheduler.Run(FetchBlock);
        }
        return _fetching;
    }

    private async Task FetchBlock()
    {
        while (true)
        {
            DataResult present = await znodes.Get(ZnodePaths.ProducerIdBlock);
            ZnodeClient.Expect(present.Code, ZnodePaths.ProducerIdBlock);
            long start = present.Data is { Length: > 0 } ? ProducerIdBlock.Decode(present.Data).End + 1 : 0;
            ProducerIdBlock block = new(brokerId, start, start + ProducerIdBlock.Size - 1);
            StatResult written = await znodes.Session.SetData(ZnodePaths.ProducerIdBlock, block.Encode(), present.Stat.Version);
            ZnodeClient.Expect(written.Code, ZnodePaths.ProducerIdBlock, Code.BadVersion);
            if (written.Code != Code.Ok)
            {
                continue;
            }
            lock (_gate)
            {
                _nextBlock = block;
            }
            log.ProducerIds(block.Start, block.End);
            return;
        }
    }
}
