namespace Broker.Coordination;

/// <summary>One operation of a <see cref="ICoordinationSession.Multi"/>.</summary>
public abstract record Op(string Path)
{
    /// <summary>The version that matches every version.</summary>
    public const int AnyVersion = -1;

    /// <summary>Creates a znode.</summary>
    public sealed record Create(string Path, byte[]? Data, CreateMode Mode = CreateMode.Persistent) : Op(Path);

    /// <summary>Sets a znode's data when its version is the expected one.</summary>
    public sealed record SetData(string Path, byte[]? Data, int Version = AnyVersion) : Op(Path);

    /// <summary>Deletes a znode without children when its version is the expected one.</summary>
    public sealed record Delete(string Path, int Version = AnyVersion) : Op(Path);

    /// <summary>Changes nothing, and fails when the version is not the expected one.</summary>
    public sealed record Check(string Path, int Version) : Op(Path);
}

/// <summary>What became of one operation of a multi.</summary>
/// <param name="Code">Of the failed one its reason, of those before it <see cref="Code.Ok"/> (though nothing was done), of those after it
/// <see cref="Code.RuntimeInconsistency"/>.</param>
/// <param name="Path">The path created, with its sequence number.</param>
/// <param name="Stat">After a set; ZooKeeper's C client reads none after a create in a multi.</param>
public readonly record struct OpResult(Code Code, string? Path = null, Stat Stat = default);

/// <summary>The answer to a multi: all was done, or nothing.</summary>
public readonly record struct MultiResult(Code Code, IReadOnlyList<OpResult> Results);

/// <summary>The answer to a create: the path with its sequence number.</summary>
public readonly record struct CreateResult(Code Code, string? Path = null, Stat Stat = default);

/// <summary>The answer to exists and to set.</summary>
public readonly record struct StatResult(Code Code, Stat Stat = default);

/// <summary>The answer to get.</summary>
public readonly record struct DataResult(Code Code, byte[]? Data = null, Stat Stat = default);

/// <summary>The answer to children: names without their parent's path, in ordinal order.</summary>
public readonly record struct ChildrenResult(Code Code, IReadOnlyList<string>? Children = null, Stat Stat = default);
