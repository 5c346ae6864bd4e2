using Broker.Protocol;
using Broker.Server.Groups.Offsets;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;

namespace Broker.Server.Groups.Rules;

/// <summary>What is to be done after an event: collected by the rules, carried out by the shard when the group's state is settled.</summary>
internal sealed class Effects
{
    private readonly List<Action> _answers = [];
    private readonly List<GroupAppend> _appends = [];

    /// <summary>In the order in which they are to go to the log.</summary>
    public IReadOnlyList<GroupAppend> Appends => _appends;

    /// <summary>What has happened, for metrics and the log.</summary>
    public List<GroupIncident> Incidents { get; } = [];

    public void Answer<T>(Reply<T> reply, T value) => _answers.Add(() => reply.Give(value));

    public void Answer<T>(GroupRequest<T> request, T value) => Answer(request.Reply, value);

    public void Append(IReadOnlyList<LogRecord> records, AppendPurpose purpose) => _appends.Add(new GroupAppend(records, purpose));

    public void Note(Group group, GroupIncidentKind kind, string detail = "", int count = 1)
        => Incidents.Add(new GroupIncident(kind, group.Generation, detail, count));

    /// <summary>Gives the answers.</summary>
    public void GiveAnswers() => _answers.ForEach(answer => answer());
}

/// <summary>Records that go to the log as one batch, and what for.</summary>
internal sealed record GroupAppend(IReadOnlyList<LogRecord> Records, AppendPurpose Purpose);

/// <summary>What a group's rules have done that people may want to know.</summary>
internal enum GroupIncidentKind
{
    RebalanceStarted,
    GenerationMade,
    AssignmentSpread,
    MemberLost,
    MemberRemoved,
    StaticMemberReplaced,
    OffsetsCommitted,
    OffsetsExpired,
    StoreFailed,
    NobodyRejoined,
}

/// <summary>One of them, with the group's generation then.</summary>
internal readonly record struct GroupIncident(GroupIncidentKind Kind, int Generation, string Detail, int Count);

/// <summary>What the rules go by besides the group.</summary>
/// <param name="Now">The event's moment.</param>
/// <param name="Limits">The configured ones.</param>
/// <param name="Effects">Where to leave what is to be done.</param>
internal readonly record struct Turn(Moment Now, GroupLimits Limits, Effects Effects)
{
    /// <summary>An append's error as a group's member is told it.</summary>
    public static ErrorCode OfAssignment(ErrorCode error) => error switch
    {
        ErrorCode.UnknownTopicOrPartition or ErrorCode.NotEnoughReplicas or ErrorCode.NotEnoughReplicasAfterAppend => ErrorCode.CoordinatorNotAvailable,
        ErrorCode.NotLeaderOrFollower or ErrorCode.KafkaStorageError => ErrorCode.NotCoordinator,
        ErrorCode.RequestTimedOut => ErrorCode.RebalanceInProgress,
        ErrorCode.MessageTooLarge or ErrorCode.RecordListTooLarge or ErrorCode.InvalidFetchSize => ErrorCode.UnknownServerError,
        _ => error,
    };

    /// <summary>An append's error as who commits or deletes offsets is told it.</summary>
    public static ErrorCode OfOffsets(ErrorCode error) => error switch
    {
        ErrorCode.UnknownTopicOrPartition or ErrorCode.NotEnoughReplicas or ErrorCode.NotEnoughReplicasAfterAppend => ErrorCode.CoordinatorNotAvailable,
        ErrorCode.NotLeaderOrFollower or ErrorCode.KafkaStorageError => ErrorCode.NotCoordinator,
        ErrorCode.NetworkException => ErrorCode.CoordinatorLoadInProgress,
        ErrorCode.MessageTooLarge or ErrorCode.RecordListTooLarge or ErrorCode.InvalidFetchSize => ErrorCode.InvalidCommitOffsetSize,
        _ => error,
    };
}
