using Broker.Protocol;
using Broker.Server.Groups.Rules;
using Broker.Server.Groups.State;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Groups.Shards;

/// <summary>What groups write to the broker's log.</summary>
internal static partial class GroupLog
{
    public static void Note(ILogger log, Group group, IReadOnlyList<GroupIncident> incidents)
    {
        foreach (GroupIncident incident in incidents)
        {
            Note(log, group, incident);
        }
    }

    /// <summary>Most partitions of a new broker hold nothing.</summary>
    public static void Loaded(ILogger log, int partition, int groups, int records, long milliseconds) =>
        Loaded(log, records > 0 ? LogLevel.Information : LogLevel.Debug, partition, groups, records, milliseconds);

    [LoggerMessage(EventId = 400, Message = "The groups of offsets partition {Partition} are loaded: {Groups} of {Records} records in {Milliseconds} ms")]
    private static partial void Loaded(ILogger log, LogLevel level, int partition, int groups, int records, long milliseconds);

    [LoggerMessage(401, LogLevel.Error, "The groups of offsets partition {Partition} cannot be loaded and are not served; the broker retries in {Seconds} s")]
    public static partial void LoadFailed(ILogger log, Exception failure, int partition, double seconds);

    [LoggerMessage(402, LogLevel.Warning, "Offsets partition {Partition} holds {Count} records that this broker does not understand; it skips them")]
    public static partial void RecordsSkipped(ILogger log, int partition, int count);

    [LoggerMessage(403, LogLevel.Information, "The groups of offsets partition {Partition} are not served here any more: {Error}")]
    public static partial void Unloaded(ILogger log, int partition, ErrorCode error);

    [LoggerMessage(404, LogLevel.Error, "Handling an event of a group of offsets partition {Partition} has failed")]
    public static partial void EventFailed(ILogger log, Exception failure, int partition);

    [LoggerMessage(405, LogLevel.Warning, "Group '{Group}' is refused: offsets partition {Partition} has {Limit} groups already")]
    public static partial void TooManyGroups(ILogger log, string group, int partition, int limit);

    [LoggerMessage(406, LogLevel.Warning, "Transactions are not served: transactional id '{TransactionalId}' of client '{ClientId}' is refused for good")]
    public static partial void TransactionRefused(ILogger log, string transactionalId, string clientId);

    [LoggerMessage(410, LogLevel.Information, "Group '{Group}' rebalances after generation {Generation}: {Reason}")]
    private static partial void RebalanceStarted(ILogger log, string group, int generation, string reason);

    [LoggerMessage(411, LogLevel.Information, "Group '{Group}' has generation {Generation} with {Members} members")]
    private static partial void GenerationStarted(ILogger log, string group, int generation, int members);

    [LoggerMessage(412, LogLevel.Information, "Group '{Group}' removes member {Member}: it did not answer in time")]
    private static partial void MemberLost(ILogger log, string group, string member);

    [LoggerMessage(413, LogLevel.Information, "Member {Member} has left group '{Group}'")]
    private static partial void MemberLeft(ILogger log, string group, string member);

    [LoggerMessage(414, LogLevel.Information, "Static member {Instance} of group '{Group}' has rejoined under another id")]
    private static partial void StaticMemberReplaced(ILogger log, string group, string instance);

    [LoggerMessage(415, LogLevel.Warning, "An append for group '{Group}' has failed: {Error}")]
    private static partial void AppendFailed(ILogger log, string group, string error);

    [LoggerMessage(416, LogLevel.Information, "{Count} offsets of group '{Group}' have expired")]
    private static partial void OffsetsExpired(ILogger log, string group, int count);

    [LoggerMessage(417, LogLevel.Warning, "No member of group '{Group}' has rejoined for the next generation; the group waits for them")]
    private static partial void NoMemberRejoined(ILogger log, string group);

    [LoggerMessage(418, LogLevel.Debug, "Group '{Group}' is stable in generation {Generation}")]
    private static partial void BecameStable(ILogger log, string group, int generation);

    private static void Note(ILogger log, Group group, in GroupIncident incident)
    {
        switch (incident.Kind)
        {
            case GroupIncidentKind.RebalanceStarted: RebalanceStarted(log, group.Id, incident.Generation, incident.Detail); break;
            case GroupIncidentKind.GenerationStarted: GenerationStarted(log, group.Id, incident.Generation, incident.Count); break;
            case GroupIncidentKind.BecameStable: BecameStable(log, group.Id, incident.Generation); break;
            case GroupIncidentKind.MemberLost: MemberLost(log, group.Id, incident.Detail); break;
            case GroupIncidentKind.MemberRemoved: MemberLeft(log, group.Id, incident.Detail); break;
            case GroupIncidentKind.StaticMemberReplaced: StaticMemberReplaced(log, group.Id, incident.Detail); break;
            case GroupIncidentKind.OffsetsExpired: OffsetsExpired(log, group.Id, incident.Count); break;
            case GroupIncidentKind.AppendFailed: AppendFailed(log, group.Id, incident.Detail); break;
            case GroupIncidentKind.NoMemberRejoined: NoMemberRejoined(log, group.Id); break;
        }
    }
}
