namespace Broker.Server.Groups.State;

/// <summary>Where a group of the classic protocol is.</summary>
internal enum GroupState
{
    /// <summary>No members; offsets may be there.</summary>
    Empty,

    /// <summary>Members are joining the next generation.</summary>
    PreparingRebalance,

    /// <summary>The generation is made; its leader's assignment is awaited.</summary>
    CompletingRebalance,

    /// <summary>Every member can have its assignment.</summary>
    Stable,

    /// <summary>Removed; a dead group never leaves this state.</summary>
    Dead,
}

/// <summary>The arrows between the states, and their names on the wire.</summary>
internal static class GroupStates
{
    private static readonly string[] Names = ["Empty", "PreparingRebalance", "CompletingRebalance", "Stable", "Dead"];

    /// <summary>All states.</summary>
    public static IReadOnlyList<GroupState> All { get; } = [GroupState.Empty, GroupState.PreparingRebalance, GroupState.CompletingRebalance, GroupState.Stable,
        GroupState.Dead];

    /// <summary>Whether a group may go from one state to another.</summary>
    public static bool MayFollow(GroupState from, GroupState to) => to switch
    {
        GroupState.PreparingRebalance => from is GroupState.Stable or GroupState.CompletingRebalance or GroupState.Empty,
        GroupState.CompletingRebalance => from is GroupState.PreparingRebalance,
        GroupState.Stable => from is GroupState.CompletingRebalance,
        GroupState.Empty => from is GroupState.PreparingRebalance,
        _ => true,
    };

    /// <summary>As clients and tools know it.</summary>
    public static string Name(GroupState state) => Names[(int)state];
}
