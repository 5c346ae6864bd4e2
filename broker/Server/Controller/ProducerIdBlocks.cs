using Broker.Coordination;
using Broker.Protocol;
using Broker.Server.Metadata.Znodes;

namespace Broker.Server.Controller;

/// <summary>Gives brokers blocks of producer ids; no id is given twice, by this controller or by another.</summary>
internal sealed class ProducerIdBlocks(ControllerTerm term)
{
    /// <summary>The next block, written to the tree before it is given. An error where the broker is not registered with this epoch, or ids are used
    /// up.</summary>
    internal async Task<(ErrorCode Error, ProducerIdBlock? Block)> Allocate(int broker, long brokerEpoch)
    {
        if (!term.Context.Brokers.TryGetValue(broker, out LiveBroker? live))
        {
            return (ErrorCode.BrokerIdNotRegistered, null);
        }
        if (live.Epoch != brokerEpoch)
        {
            return (ErrorCode.StaleBrokerEpoch, null);
        }
        while (true)
        {
            DataResult present = await term.Znodes.Get(ZnodePaths.ProducerIdBlock);
            ZnodeClient.Expect(present.Code, ZnodePaths.ProducerIdBlock);
            long start = present.Data is { Length: > 0 } ? ProducerIdBlock.Decode(present.Data).End + 1 : 0;
            if (start > long.MaxValue - ProducerIdBlock.Size)
            {
                return (ErrorCode.UnknownServerError, null);
            }
            ProducerIdBlock block = new(broker, start, start + ProducerIdBlock.Size - 1);
            Op.SetData write = new(ZnodePaths.ProducerIdBlock, block.Encode(), present.Stat.Version);
            if (await term.Store.Write([write], Code.BadVersion) == Code.Ok)
            {
                return (ErrorCode.None, block);
            }
        }
    }
}
