using Broker.Coordination;
using Broker.Server.Metadata.Znodes;

namespace Broker.Server.Exchange;

/// <summary>Reads a whole tree, and fills an empty one. No broker may run on the tree meanwhile.</summary>
internal sealed class TreeCopy(ICoordinationSession session)
{
    /// <summary>Znodes created at once: they share round trips and flushes of the journal.</summary>
    private const int AtOnce = 500;

    /// <summary>ZooKeeper's own part of its tree.</summary>
    private const string OwnOfZooKeeper = "/zookeeper";

    /// <summary>Their children tell running brokers of changes; a broker that starts reads the state itself.</summary>
    private static readonly string[] Notices =
    [
        ZnodePaths.ConfigChanges, ZnodePaths.IsrChanges, ZnodePaths.LogDirEvents, "/kafka-acl-changes", "/kafka-acl-extended-changes",
        "/delegation_token/token_changes",
    ];

    /// <summary>The ids of the brokers that are registered.</summary>
    internal async Task<IReadOnlyList<string>> RunningBrokers() => (await session.GetChildren(ZnodePaths.BrokerIds)).Children ?? [];

    /// <summary>Whether the tree holds nothing but ZooKeeper's own part.</summary>
    internal async Task<bool> IsEmpty() => (await Children("/")).Count == 0;

    /// <summary>All znodes that outlive their sessions, without notices; parents before children.</summary>
    /// <exception cref="CoordinationLostException">The tree cannot be read.</exception>
    internal async Task<List<TreeEntry>> Read()
    {
        List<TreeEntry> found = [];
        await AddBelow("/", found);
        return found;
    }

    /// <summary>Creates all znodes in their order.</summary>
    /// <exception cref="CoordinationLostException">One cannot be created; those before it are.</exception>
    internal async Task Fill(IReadOnlyList<TreeEntry> entries)
    {
        foreach (TreeEntry[] chunk in entries.Chunk(AtOnce))
        {
            CreateResult[] created = await Task.WhenAll(chunk.Select(entry => session.Create(entry.Path, entry.Data).AsTask()));
            for (int i = 0; i < chunk.Length; i++)
            {
                ZnodeClient.Expect(created[i].Code, chunk[i].Path);
                await RaiseVersion(chunk[i]);
            }
        }
    }

    private async Task AddBelow(string parent, List<TreeEntry> found)
    {
        IReadOnlyList<string> paths = await Children(parent);
        DataResult[] read = await Task.WhenAll(paths.Select(path => session.GetData(path).AsTask()));
        for (int i = 0; i < paths.Count; i++)
        {
            ZnodeClient.Expect(read[i].Code, paths[i]);
            if (read[i].Stat.EphemeralOwner != 0)
            {
                continue;
            }
            found.Add(new TreeEntry(paths[i], read[i].Data, paths[i] == ZnodePaths.BrokerSequence ? read[i].Stat.Version : 0));
            if (read[i].Stat.NumChildren > 0 && !Notices.Contains(paths[i]))
            {
                await AddBelow(paths[i], found);
            }
        }
    }

    private async Task<IReadOnlyList<string>> Children(string parent)
    {
        ChildrenResult result = await session.GetChildren(parent);
        ZnodeClient.Expect(result.Code, parent);
        string prefix = parent == "/" ? parent : parent + "/";
        return [.. (result.Children ?? []).Select(name => prefix + name).Where(path => path != OwnOfZooKeeper)];
    }

    /// <summary>Generated broker ids are the version of a znode: it must not begin at 0 again, or an id would be given twice.</summary>
    private async Task RaiseVersion(TreeEntry entry)
    {
        for (int version = 0; version < entry.Version; version++)
        {
            ZnodeClient.Expect((await session.SetData(entry.Path, entry.Data)).Code, entry.Path);
        }
    }
}
