namespace Broker.Coordination;

/// <summary>What became of an operation, with ZooKeeper's names and numbers.</summary>
public enum Code
{
    /// <summary>It was done, and is durable.</summary>
    Ok = 0,

    /// <summary>In a multi: an operation that was not tried because an earlier one failed.</summary>
    RuntimeInconsistency = -2,

    /// <summary>The session is disconnected, or the tree's journal cannot be written at present; whether a write happened is unknown.</summary>
    ConnectionLoss = -4,

    /// <summary>The data is larger than a znode may hold.</summary>
    MarshallingError = -5,

    /// <summary>The path is not well formed, or the operation makes no sense on it.</summary>
    BadArguments = -8,

    /// <summary>The znode, or the parent of a znode to be created, does not exist.</summary>
    NoNode = -101,

    /// <summary>The version that was expected is not the znode's.</summary>
    BadVersion = -103,

    /// <summary>Ephemeral znodes have no children.</summary>
    NoChildrenForEphemerals = -108,

    /// <summary>The znode to be created exists.</summary>
    NodeExists = -110,

    /// <summary>A znode with children cannot be deleted.</summary>
    NotEmpty = -111,

    /// <summary>The session has expired or was closed: open a new one.</summary>
    SessionExpired = -112,

    /// <summary>Too many operations are waiting.</summary>
    ThrottledOp = -127,
}
