using Broker.Storage;

namespace Broker.Server.Metadata.Znodes;

/// <summary>/brokers/topics/T/partitions/P/state.</summary>
/// <param name="Leader">The leader's broker id, <see cref="NoLeader"/> when there is none.</param>
/// <param name="LeaderEpoch">Grows with every election.</param>
/// <param name="Isr">The in-sync replicas.</param>
/// <param name="IsRecovering">After an unclean election, until the new leader has recovered (KIP-704).</param>
/// <param name="ControllerEpoch">Of the controller that wrote it.</param>
/// <param name="PartitionEpoch">The znode's version: the condition of the next write. Not part of the body.</param>
internal sealed record LeaderAndIsr(int Leader, int LeaderEpoch, int[] Isr, bool IsRecovering, int ControllerEpoch, int PartitionEpoch)
{
    internal const int NoLeader = -1;

    /// <summary>The leader that UpdateMetadata names for a partition that is being deleted.</summary>
    internal const int LeaderDuringDelete = -2;

    internal const int InitialLeaderEpoch = 0;

    /// <summary>
    /// A state that cannot be read: nobody leads, nobody may be elected. Its partition epoch is the version of no znode, so that it is never written over.
    /// </summary>
    internal static readonly LeaderAndIsr Unreadable = new(NoLeader, -1, [], IsRecovering: false, -1, PartitionEpoch: -2);

    internal byte[] Encode() => ZnodeJson.Write(json =>
    {
        json.WriteNumber("controller_epoch", ControllerEpoch);
        json.WriteNumber("leader", Leader);
        json.WriteNumber("version", 1);
        json.WriteNumber("leader_epoch", LeaderEpoch);
        ZnodeJson.WriteArray(json, "isr", Isr);
        if (IsRecovering)
        {
            json.WriteNumber("leader_recovery_state", 1);
        }
    });

    internal static LeaderAndIsr Decode(TopicPartition partition, byte[]? data, int version) =>
        ZnodeJson.Read(ZnodePaths.PartitionState(partition), data, json => new LeaderAndIsr(
            json.GetProperty("leader").GetInt32(),
            json.GetProperty("leader_epoch").GetInt32(),
            ZnodeJson.ReadArray(json.GetProperty("isr")),
            json.TryGetProperty("leader_recovery_state", out System.Text.Json.JsonElement recovery) && recovery.GetInt32() == 1,
            json.GetProperty("controller_epoch").GetInt32(),
            version));
}
