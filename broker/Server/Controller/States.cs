namespace Broker.Server.Controller;

/// <summary>Where the controller sees a partition.</summary>
internal enum PartitionStatus
{
    /// <summary>Not created, or deleted.</summary>
    NonExistent,

    /// <summary>Its replicas are known; it never had a leader.</summary>
    New,

    /// <summary>It has a leader.</summary>
    Online,

    /// <summary>Its leader has died.</summary>
    Offline,
}

/// <summary>Where the controller sees one replica of a partition.</summary>
internal enum ReplicaState
{
    /// <summary>Not created, or deleted.</summary>
    NonExistent,

    /// <summary>Assigned; may only become a follower.</summary>
    New,

    /// <summary>Part of the assignment, on a live broker.</summary>
    Online,

    /// <summary>On a dead broker or folder, or stopped.</summary>
    Offline,

    /// <summary>Its broker was asked to delete it.</summary>
    DeletionStarted,

    /// <summary>Its broker has deleted it.</summary>
    DeletionSuccessful,

    /// <summary>It could not be deleted; tried again when its broker returns.</summary>
    DeletionIneligible,
}

/// <summary>The transitions of both state machines: each target state and the states from which it may be reached.</summary>
internal static class States
{
    /// <summary>Whether a partition may go from one state to another.</summary>
    internal static bool IsAllowed(PartitionStatus from, PartitionStatus to) => to switch
    {
        PartitionStatus.New => from is PartitionStatus.NonExistent,
        PartitionStatus.Online => from is PartitionStatus.New or PartitionStatus.Online or PartitionStatus.Offline,
        PartitionStatus.Offline => from is PartitionStatus.New or PartitionStatus.Online or PartitionStatus.Offline,
        _ => from is PartitionStatus.Offline,
    };

    /// <summary>Whether a replica may go from one state to another.</summary>
    internal static bool IsAllowed(ReplicaState from, ReplicaState to) => to switch
    {
        ReplicaState.New => from is ReplicaState.NonExistent,
        ReplicaState.Online or ReplicaState.Offline =>
            from is ReplicaState.New or ReplicaState.Online or ReplicaState.Offline or ReplicaState.DeletionIneligible,
        ReplicaState.DeletionStarted => from is ReplicaState.Offline,
        ReplicaState.DeletionSuccessful => from is ReplicaState.DeletionStarted,
        ReplicaState.DeletionIneligible => from is ReplicaState.Offline or ReplicaState.DeletionStarted,
        _ => from is ReplicaState.DeletionSuccessful,
    };
}
