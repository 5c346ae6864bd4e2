namespace Broker.Coordination;

/// <summary>The kinds of znodes.</summary>
public enum CreateMode
{
    /// <summary>Lives until deleted.</summary>
    Persistent = 0,

    /// <summary>Lives until deleted or until its session ends.</summary>
    Ephemeral = 1,

    /// <summary>Persistent; ten digits that count the parent's creations are appended to its name.</summary>
    PersistentSequential = 2,

    /// <summary>Ephemeral; ten digits that count the parent's creations are appended to its name.</summary>
    EphemeralSequential = 3,
}
