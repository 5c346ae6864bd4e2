using Broker.Protocol;
using Broker.Server.Groups.Offsets;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;

namespace Broker.Server.Groups.Rules;

/// <summary>What an event causes: the rules collect it, the shard carries it out after the rules have changed the group.</summary>
internal sealed class Effects
{
    private readonly List<Action> _answers = [];
    private readonly List<GroupAppend> _appends = [];

    /// <summary>In the order in which the shard appends them.</summary>
    public IReadOnlyList<GroupAppend> Appends => _appends;

    /// <summary>What happened, for metrics and the log.</summary>
    public List<GroupIncident> Incidents { get; } = [];

    public void Answer<T>(Reply<T> reply, T value) => _answers.Add(() => reply.Give(value));

    public void Answer<T>(GroupRequest<T> request, T value) => Answer(request.Reply, value);

    public void Append(IReadOnlyList<LogRecord> records, AppendPurpose purpose) => _appends.Add(new GroupAppend(records, purpose));

    public void Note(Group group, GroupIncidentKind kind, string detail = "", int count = 1)
        => Incidents.Add(new GroupIncident(kind, group.Generation, detail, count));

    /// <summary>Completes the replies of all answered requests.</summary>
    public void GiveAnswers() => _answers.ForEach(answer => answer());
}

/// <summary>Records that the shard appends as one batch, and their purpose.</summary>
internal sealed record GroupAppend(IReadOnlyList<LogRecord> Records, AppendPurpose Purpose);

/// <summary>What the rules report to metrics and to the log.</summary>
internal enum GroupIncidentKind
{
    RebalanceStarted,
    GenerationStarted,
    BecameStable,
    MemberLost,
    MemberRemoved,
    StaticMemberReplaced,
    OffsetsCommitted,
    OffsetsExpired,
    AppendFailed,
    NoMemberRejoined,
}

/// <summary>One report, with the group's generation at that time.</summary>
internal readonly record struct GroupIncident(GroupIncidentKind Kind, int Generation, string Detail, int Count);

/// <summary>What the rules need besides the group to handle one event.</summary>
/// <param name="Now">When the event is handled.</param>
/// <param name="Limits">The broker's limits.</param>
/// <param name="Effects">Collects what the event causes.</param>
internal readonly record struct EventContext(Moment Now, GroupLimits Limits, Effects Effects)
{
    /// <summary>The error that a member gets in JoinGroup or SyncGroup when an append has failed.</summary>
    public static ErrorCode ErrorForMember(ErrorCode error) => error switch
    {
        ErrorCode.UnknownTopicOrPartition or ErrorCode.NotEnoughReplicas or ErrorCode.NotEnoughReplicasAfterAppend => ErrorCode.CoordinatorNotAvailable,
        ErrorCode.NotLeaderOrFollower or ErrorCode.KafkaStorageError => ErrorCode.NotCoordinator,
        ErrorCode.RequestTimedOut => ErrorCode.RebalanceInProgress,
        ErrorCode.MessageTooLarge or ErrorCode.RecordListTooLarge or ErrorCode.InvalidFetchSize => ErrorCode.UnknownServerError,
        _ => error,
    };

    /// <summary>The error that a client gets when the append of its commit or deletion of offsets has failed.</summary>
    public static ErrorCode ErrorForCommitter(ErrorCode error) => error switch
    {
        ErrorCode.UnknownTopicOrPartition or ErrorCode.NotEnoughReplicas or ErrorCode.NotEnoughReplicasAfterAppend => ErrorCode.CoordinatorNotAvailable,
        ErrorCode.NotLeaderOrFollower or ErrorCode.KafkaStorageError => ErrorCode.NotCoordinator,
        ErrorCode.NetworkException => ErrorCode.CoordinatorLoadInProgress,
        ErrorCode.MessageTooLarge or ErrorCode.RecordListTooLarge or ErrorCode.InvalidFetchSize => ErrorCode.InvalidCommitOffsetSize,
        _ => error,
    };
}
