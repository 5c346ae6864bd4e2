using Broker.Coordination;
using Broker.Server.Metadata.Znodes;

namespace Broker.Server.Controller;

/// <summary>The controller that an election has found: this broker, or one that was elected before.</summary>
/// <param name="Controller">The controller's broker id.</param>
/// <param name="Epoch">The controller epoch; only where this broker is the controller.</param>
/// <param name="EpochVersion">The version of its znode, which fences former controllers.</param>
internal readonly record struct ElectionOutcome(int Controller, int Epoch = -1, int EpochVersion = -1);

/// <summary>The znodes of the controller's election; used by the controller's loop.</summary>
/// <param name="changed">Called by coordination when /controller is created, changed or deleted.</param>
internal sealed class ControllerElection(ZnodeClient znodes, int brokerId, TimeProvider time, Action changed)
{
    /// <summary>
    /// Elects this broker if there is no controller, or if this session has made the znode already: its answer was lost, or its term was interrupted. Each
    /// term has an epoch of its own, so that brokers refuse what a former term of the same broker has sent and arrives late. A znode of a former life's
    /// session is waited for as any other broker's.
    /// </summary>
    internal async Task<ElectionOutcome> Stand()
    {
        while (true)
        {
            DataResult present = await Watch();
            if (present.Code == Code.Ok && !IsOurs(present))
            {
                return new ElectionOutcome(ControllerZnode.Decode(present.Data));
            }
            (int epoch, int version) = await ReadEpoch();
            Op.SetData raise = new(ZnodePaths.ControllerEpoch, ControllerEpochZnode.Encode(epoch + 1), version);
            byte[] mine = ControllerZnode.Encode(brokerId, time.GetUtcNow().ToUnixTimeMilliseconds());
            MultiResult result = await znodes.Session.Multi(
                present.Code == Code.Ok ? [raise] : [new Op.Create(ZnodePaths.Controller, mine, CreateMode.Ephemeral), raise]);
            if (result.Code == Code.Ok)
            {
                return new ElectionOutcome(brokerId, epoch + 1, version + 1);
            }
            if (result.Code is not (Code.NodeExists or Code.BadVersion))
            {
                throw new CoordinationLostException(result.Code, ZnodePaths.Controller);
            }
        }
    }

    /// <summary>Whether this broker is still the controller of an epoch. Watches /controller again.</summary>
    internal async Task<bool> Holds(int epochVersion) =>
        IsOurs(await Watch()) && (await znodes.Get(ZnodePaths.ControllerEpoch)).Stat.Version == epochVersion;

    /// <summary>Deletes /controller if this session created it, so that another broker can be elected.</summary>
    internal async Task Withdraw()
    {
        (_, int version) = await ReadEpoch();
        DataResult present = await znodes.Get(ZnodePaths.Controller);
        if (IsOurs(present))
        {
            // Every election sets the epoch: the check keeps the znode of a broker that was elected meanwhile.
            MultiResult result = await znodes.Session.Multi([new Op.Check(ZnodePaths.ControllerEpoch, version), new Op.Delete(ZnodePaths.Controller)]);
            if (result.Code is not (Code.NoNode or Code.BadVersion))
            {
                ZnodeClient.Expect(result.Code, ZnodePaths.Controller);
            }
        }
    }

    /// <summary>Leaves the watch, which must be there also while the znode is not, and reads.</summary>
    private async Task<DataResult> Watch()
    {
        await znodes.Exists(ZnodePaths.Controller, _ => changed());
        return await znodes.Get(ZnodePaths.Controller);
    }

    private bool IsOurs(DataResult controller) =>
        controller.Code == Code.Ok && controller.Stat.EphemeralOwner == znodes.Session.SessionId && ControllerZnode.Decode(controller.Data) == brokerId;

    private async Task<(int Epoch, int Version)> ReadEpoch()
    {
        CreateResult created = await znodes.Session.Create(ZnodePaths.ControllerEpoch, ControllerEpochZnode.Encode(0));
        ZnodeClient.Expect(created.Code, ZnodePaths.ControllerEpoch, Code.NodeExists);
        DataResult read = await znodes.Get(ZnodePaths.ControllerEpoch);
        return (ControllerEpochZnode.Decode(read.Data), read.Stat.Version);
    }
}
