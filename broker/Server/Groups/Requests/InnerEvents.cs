using Broker.Protocol;
using Broker.Server.Groups.State;

namespace Broker.Server.Groups.Requests;

/// <summary>The wake-up time of the group has come.</summary>
internal sealed record DeadlinePassed : GroupEvent;

/// <summary>Expired offsets must be deleted.</summary>
internal sealed record OffsetsMayExpire : GroupEvent;

/// <summary>Topics were deleted: their offsets must be deleted too.</summary>
internal sealed record PartitionsDeleted(IReadOnlySet<string> Topics) : GroupEvent;

/// <summary>The group has just been read from the log.</summary>
internal sealed record GroupLoaded : GroupEvent;

/// <summary>This broker no longer coordinates the group: waiting requests get <paramref name="Error"/>.</summary>
internal sealed record GroupUnloaded(ErrorCode Error) : GroupEvent;

/// <summary>The purpose of an append; the event that ends the append carries it.</summary>
internal abstract record AppendPurpose;

/// <summary>The leader's assignment of a generation.</summary>
internal sealed record StoreAssignment(int Generation, IReadOnlyDictionary<string, byte[]> Assignments) : AppendPurpose;

/// <summary>An empty generation. Should it fail, the former one stands in the log, whose members will expire.</summary>
internal sealed record StoreEmptyGeneration(int Generation) : AppendPurpose;

/// <summary>A static member that has rejoined under another id without a rebalance; a failed append restores its former state.</summary>
internal sealed record StoreStaticMember(JoinRequest Join, Member Member, MemberBefore Before) : AppendPurpose;

/// <summary>What a static member was before its replacement.</summary>
internal sealed record MemberBefore(string Id, IReadOnlyList<MemberProtocol> Protocols, int SessionTimeoutMs, int RebalanceTimeoutMs, string? LeaderId);

/// <summary>Offsets of a commit; <paramref name="Errors"/> has those that were refused before, <paramref name="Tickets"/> the tickets of the others, in the
/// commit's order.</summary>
internal sealed record StoreOffsets(CommitRequest Commit, ErrorCode[] Errors, long[] Tickets) : AppendPurpose;

/// <summary>Tombstones; <paramref name="Answer"/> is null when no client waits for them.</summary>
internal sealed record StoreTombstones(Action<ErrorCode>? Answer) : AppendPurpose;

/// <summary>An append has ended.</summary>
/// <param name="Purpose">What for.</param>
/// <param name="Error">As the log has it.</param>
/// <param name="BaseOffset">Of the first record; -1 where it failed.</param>
internal sealed record AppendEnded(AppendPurpose Purpose, ErrorCode Error, long BaseOffset) : GroupEvent;
