using Broker.Protocol;
using Broker.Server.Groups.State;

namespace Broker.Server.Groups.Requests;

/// <summary>The moment has come at which the group asked to be woken.</summary>
internal sealed record DeadlinePassed : GroupEvent;

/// <summary>Offsets over their time are to go.</summary>
internal sealed record OffsetsMayExpire : GroupEvent;

/// <summary>Partitions are no more, and their offsets with them.</summary>
internal sealed record PartitionsDeleted(IReadOnlySet<string> Topics) : GroupEvent;

/// <summary>The group has just been read from the log.</summary>
internal sealed record GroupLoaded : GroupEvent;

/// <summary>The group lives elsewhere from now on: whoever waits is told <paramref name="Error"/>.</summary>
internal sealed record GroupUnloaded(ErrorCode Error) : GroupEvent;

/// <summary>What an append was for: it comes back to the group with the append's end.</summary>
internal abstract record AppendPurpose;

/// <summary>The leader's assignment of a generation.</summary>
internal sealed record StoreAssignment(int Generation, IReadOnlyDictionary<string, byte[]> Assignments) : AppendPurpose;

/// <summary>An empty generation. Should it fail, the former one stands in the log, whose members will expire.</summary>
internal sealed record StoreEmptyGeneration(int Generation) : AppendPurpose;

/// <summary>A static member that has come back under another id, without a rebalance; what it was before is put back when the append fails.</summary>
internal sealed record StoreStaticMember(JoinRequest Join, Member Member, MemberBefore Before) : AppendPurpose;

/// <summary>What a static member was before its replacement.</summary>
internal sealed record MemberBefore(string Id, IReadOnlyList<MemberProtocol> Protocols, int SessionTimeoutMs, int RebalanceTimeoutMs, string? LeaderId);

/// <summary>Offsets of a commit; <paramref name="Errors"/> has those that were refused before, <paramref name="Tickets"/> the tickets of the others, in the
/// commit's order.</summary>
internal sealed record StoreOffsets(CommitRequest Commit, ErrorCode[] Errors, long[] Tickets) : AppendPurpose;

/// <summary>Tombstones that a client waits for; null where nobody does.</summary>
internal sealed record StoreTombstones(Action<ErrorCode>? Answer) : AppendPurpose;

/// <summary>An append has ended.</summary>
/// <param name="Purpose">What for.</param>
/// <param name="Error">As the log has it.</param>
/// <param name="BaseOffset">Of the first record; -1 where it failed.</param>
internal sealed record AppendEnded(AppendPurpose Purpose, ErrorCode Error, long BaseOffset) : GroupEvent;
