namespace Broker.Coordination;

/// <summary>What became of an operation, with ZooKeeper's names and numbers. A number without a name here is one of a newer ZooKeeper.</summary>
public enum Code
{
    /// <summary>It was done, and is durable.</summary>
    Ok = 0,

    /// <summary>The service failed.</summary>
    SystemError = -1,

    /// <summary>In a multi: an operation that was not tried because an earlier one failed.</summary>
    RuntimeInconsistency = -2,

    /// <summary>The service's data are damaged.</summary>
    DataInconsistency = -3,

    /// <summary>The session is disconnected, or the tree's journal cannot be written at present; whether a write happened is unknown.</summary>
    ConnectionLoss = -4,

    /// <summary>The data is larger than a znode may hold, or the multi larger than a request may be; nothing was done.</summary>
    MarshallingError = -5,

    /// <summary>The server does not know the operation.</summary>
    Unimplemented = -6,

    /// <summary>The path is not well formed, or the operation makes no sense on it.</summary>
    BadArguments = -8,

    /// <summary>The znode, or the parent of a znode to be created, does not exist.</summary>
    NoNode = -101,

    /// <summary>The znode's access list does not allow it.</summary>
    NoAuth = -102,

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

    /// <summary>The access list of the znode to be created is not valid.</summary>
    InvalidAcl = -114,

    /// <summary>The server refused the client's credentials.</summary>
    AuthFailed = -115,

    /// <summary>The session has been moved to another server or process: the operation was ignored.</summary>
    SessionMoved = -118,

    /// <summary>The server has no quorum and serves only reads.</summary>
    NotReadOnly = -119,

    /// <summary>A session that one server keeps for itself cannot have ephemeral znodes.</summary>
    EphemeralOnLocalSession = -120,

    /// <summary>The server's queue of requests was full for too long.</summary>
    RequestTimeout = -122,

    /// <summary>The server serves only clients that authenticate with SASL.</summary>
    SessionClosedRequireSaslAuth = -124,

    /// <summary>A quota on the tree is exceeded.</summary>
    QuotaExceeded = -125,

    /// <summary>Too many operations are waiting.</summary>
    ThrottledOp = -127,
}
