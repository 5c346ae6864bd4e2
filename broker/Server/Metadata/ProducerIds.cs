using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.InterBroker;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Scheduling;

namespace Broker.Server.Metadata;

/// <summary>
/// Hands out producer ids from blocks that the controller gives; an id is never handed out twice, what is left of a block at the end is lost. The next block is
/// fetched when nine tenths of one are used. From any thread.
/// </summary>
internal sealed class ProducerIds(
    ControllerChannel controller, int brokerId, Func<long> brokerEpoch, IScheduler scheduler, TimeProvider time, MetadataLog log)
{
    private const long PrefetchAt = ProducerIdBlock.Size * 9 / 10;

    private readonly Lock _gate = new();
    private ProducerIdBlock? _block;
    private ProducerIdBlock? _nextBlock;
    private long _next;
    private Task? _fetching;
    private bool _hasFailed;

    /// <summary>A new id, or null where the controller gives no block now: the client tries again.</summary>
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

            await fetching;
            if (_hasFailed)
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
        ProducerIdBlock? block = await AskForBlock();
        lock (_gate)
        {
            _hasFailed = block is null;
            _nextBlock = block ?? _nextBlock;
        }
    }

    private async Task<ProducerIdBlock?> AskForBlock()
    {
        using CancellationTokenSource late = new(ControllerChannel.ClientPatience, time);
        try
        {
            AllocateProducerIdsResponse response = await controller.Send<AllocateProducerIdsRequest, AllocateProducerIdsResponse>(
                new AllocateProducerIdsRequest { BrokerId = brokerId, BrokerEpoch = brokerEpoch() }, InterBrokerVersions.AllocateProducerIds,
                response => (ErrorCode)response.ErrorCode, late.Token);
            if (response.ErrorCode == 0 && response.ProducerIdLen > 0)
            {
                log.ProducerIds(response.ProducerIdStart, response.ProducerIdStart + response.ProducerIdLen - 1);
                return new ProducerIdBlock(brokerId, response.ProducerIdStart, response.ProducerIdStart + response.ProducerIdLen - 1);
            }
            log.NoProducerIds((ErrorCode)response.ErrorCode);
        }
        catch (OperationCanceledException)
        {
            log.NoProducerIds(ErrorCode.RequestTimedOut);
        }

        return null;
    }
}
