using System.Collections.Immutable;

namespace Broker.Coordination.Embedded;

/// <summary>The whole tree as a value: a transaction makes a new one, so that a failed multi is simply dropped.</summary>
internal sealed class ZnodeTree
{
    internal static readonly ZnodeTree Empty = new(
        ImmutableDictionary.Create<string, Znode>(StringComparer.Ordinal).Add(ZnodePath.Root, Znode.Root), 0);

    private readonly ImmutableDictionary<string, Znode> _nodes;

    internal ZnodeTree(ImmutableDictionary<string, Znode> nodes, long zxid)
    {
        _nodes = nodes;
        Zxid = zxid;
    }

    /// <summary>The last transaction in it.</summary>
    internal long Zxid { get; }

    internal ImmutableDictionary<string, Znode> Nodes => _nodes;

    internal Znode? Find(string path) => _nodes.GetValueOrDefault(path);

    /// <summary>Checks one operation against the tree and returns its effect.</summary>
    internal Code Decide(Op operation, long sessionId, out Effect? effect)
    {
        effect = null;
        return operation switch
        {
            Op.Create create => DecideCreate(create, sessionId, out effect),
            _ when !ZnodePath.IsValid(operation.Path) => Code.BadArguments,
            Op.SetData set => DecideSet(set, out effect),
            Op.Delete delete => DecideDelete(delete, out effect),
            Op.Check check => CheckVersion(check.Path, check.Version),
            _ => Code.BadArguments,
        };
    }

    /// <summary>The tree after a transaction that was decided on this tree.</summary>
    internal ZnodeTree Apply(Transaction transaction)
    {
        ImmutableDictionary<string, Znode>.Builder nodes = _nodes.ToBuilder();
        foreach (Effect effect in transaction.Effects)
        {
            Apply(nodes, effect, transaction.Zxid, transaction.Time);
        }
        return new ZnodeTree(nodes.ToImmutable(), transaction.Zxid);
    }

    private static void Apply(ImmutableDictionary<string, Znode>.Builder nodes, Effect effect, long zxid, long time)
    {
        switch (effect)
        {
            case Effect.Created created:
                nodes.Add(created.Path, new Znode(created.Data, zxid, zxid, zxid, time, time, 0, 0, created.EphemeralOwner, Znode.NoChildren));
                Znode parent = nodes[ZnodePath.ParentOf(created.Path)];
                nodes[ZnodePath.ParentOf(created.Path)] =
                    parent with { Children = parent.Children.Add(ZnodePath.NameOf(created.Path)), Creates = parent.Creates + 1, Pzxid = zxid };
                break;
            case Effect.Changed changed:
                Znode node = nodes[changed.Path];
                nodes[changed.Path] = node with { Data = changed.Data, Version = node.Version + 1, Mzxid = zxid, Mtime = time };
                break;
            default:
                nodes.Remove(effect.Path);
                Znode former = nodes[ZnodePath.ParentOf(effect.Path)];
                nodes[ZnodePath.ParentOf(effect.Path)] = former with { Children = former.Children.Remove(ZnodePath.NameOf(effect.Path)), Pzxid = zxid };
                break;
        }
    }

    private Code DecideCreate(Op.Create create, long sessionId, out Effect? effect)
    {
        effect = null;
        bool sequential = create.Mode is CreateMode.PersistentSequential or CreateMode.EphemeralSequential;
        if (!ZnodePath.IsValid(create.Path, create.Mode))
        {
            return Code.BadArguments;
        }
        if (create.Data?.Length > ZnodePath.MaxDataBytes)
        {
            return Code.MarshallingError;
        }
        if (create.Path == ZnodePath.Root)
        {
            return Code.NodeExists;
        }
        if (Find(ZnodePath.ParentOf(create.Path)) is not { } parent)
        {
            return Code.NoNode;
        }
        string path = sequential ? $"{create.Path}{parent.Creates:D10}" : create.Path;
        if (_nodes.ContainsKey(path))
        {
            return Code.NodeExists;
        }
        if (parent.EphemeralOwner != 0)
        {
            return Code.NoChildrenForEphemerals;
        }
        bool ephemeral = create.Mode is CreateMode.Ephemeral or CreateMode.EphemeralSequential;
        effect = new Effect.Created(path, create.Data, ephemeral ? sessionId : 0);
        return Code.Ok;
    }

    private Code DecideSet(Op.SetData set, out Effect? effect)
    {
        effect = null;
        if (set.Data?.Length > ZnodePath.MaxDataBytes)
        {
            return Code.MarshallingError;
        }
        Code code = CheckVersion(set.Path, set.Version);
        if (code == Code.Ok)
        {
            effect = new Effect.Changed(set.Path, set.Data);
        }
        return code;
    }

    private Code DecideDelete(Op.Delete delete, out Effect? effect)
    {
        effect = null;
        if (delete.Path == ZnodePath.Root)
        {
            return Code.BadArguments;
        }
        Code code = CheckVersion(delete.Path, delete.Version);
        if (code != Code.Ok)
        {
            return code;
        }
        if (!Find(delete.Path)!.Children.IsEmpty)
        {
            return Code.NotEmpty;
        }
        effect = new Effect.Deleted(delete.Path);
        return Code.Ok;
    }

    private Code CheckVersion(string path, int version) =>
        Find(path) is not { } node ? Code.NoNode
        : version != Op.AnyVersion && version != node.Version ? Code.BadVersion
        : Code.Ok;
}
