using System.Collections.Immutable;

namespace Broker.Coordination.Embedded;

/// <summary>The tree on disk: a snapshot and the transactions after it, in one file. One caller at a time.</summary>
internal sealed class Journal : IDisposable
{
    /// <summary>Below this many bytes of transactions compaction would cost more than replaying them at start.</summary>
    internal const long CompactionFloorBytes = 1 << 20;

    private readonly IJournalStore _store;
    private long _snapshotBytes;
    private long _transactionBytes;
    private long _compactionRest;
    private bool _mayBeTorn;

    private Journal(IJournalStore store) => _store = store;

    /// <summary>Reads what is there; a torn tail (never acknowledged) is cut off; the last process's ephemeral znodes are deleted.</summary>
    /// <exception cref="JournalCorruptException">Damage that no torn write explains.</exception>
    internal static Journal Open(IJournalStore store, TimeProvider time, out ZnodeTree tree)
    {
        Journal journal = new(store);
        byte[] bytes = store.ReadAll();
        tree = bytes.Length == 0 ? ZnodeTree.Empty : journal.Load(bytes);
        if (bytes.Length == 0)
        {
            journal.Compact(tree);
        }
        List<string> ephemerals = tree.Nodes.Where(node => node.Value.EphemeralOwner != 0).Select(node => node.Key).Order(StringComparer.Ordinal).ToList();
        if (ephemerals.Count > 0)
        {
            Transaction end = new(tree.Zxid + 1, time.GetUtcNow().ToUnixTimeMilliseconds(), [.. ephemerals.Select(path => new Effect.Deleted(path))]);
            journal.Append([end]);
            tree = tree.Apply(end);
        }

        return journal;
    }

    /// <summary>
    /// Makes transactions durable. When it fails they may be tried again, also with more behind them: the bytes that a failed write left are cut off first.
    /// </summary>
    /// <exception cref="IOException">The disk cannot be written at present.</exception>
    internal void Append(IReadOnlyList<Transaction> transactions)
    {
        byte[] frame = JournalCodec.EncodeTransactions(transactions);
        if (_mayBeTorn)
        {
            _store.Truncate(_snapshotBytes + _transactionBytes);
        }
        _mayBeTorn = true;
        _store.Append(frame);
        _mayBeTorn = false;
        _transactionBytes += frame.Length;
    }

    /// <summary>
    /// Replaces the whole journal by a snapshot of the tree, when transactions are twice the snapshot: so writing snapshots costs at most half of what
    /// writing transactions does. Where the disk has no room for it, the journal stays as it is, and compaction is tried again when the journal has doubled.
    /// </summary>
    internal void CompactIfDue(ZnodeTree tree)
    {
        if (_transactionBytes <= Math.Max(Math.Max(CompactionFloorBytes, 2 * _snapshotBytes), _compactionRest))
        {
            return;
        }
        try
        {
            Compact(tree);
        }
        catch (IOException)
        {
            _compactionRest = 2 * _transactionBytes;
        }
    }

    private void Compact(ZnodeTree tree)
    {
        byte[] snapshot = JournalCodec.EncodeSnapshot(tree);
        _store.Replace(snapshot);
        _snapshotBytes = snapshot.Length;
        _transactionBytes = 0;
        _compactionRest = 0;
    }

    public void Dispose() => _store.Dispose();

    private ZnodeTree Load(byte[] bytes)
    {
        int position = 0;
        ZnodeTree tree = LoadSnapshot(bytes, ref position);
        _snapshotBytes = position;
        while (position < bytes.Length)
        {
            if (!JournalFrame.TryRead(bytes.AsSpan(position), out FrameKind kind, out ReadOnlySpan<byte> payload))
            {
                CutTornTail(bytes, position);
                break;
            }

            if (kind != FrameKind.Transactions)
            {
                throw new JournalCorruptException($"Unexpected frame of kind {kind}", position);
            }
            tree = Replay(tree, payload, position);
            position += JournalFrame.HeaderBytes + payload.Length;
        }

        _transactionBytes = position - _snapshotBytes;
        return tree;
    }

    private static ZnodeTree LoadSnapshot(byte[] bytes, ref int position)
    {
        ImmutableDictionary<string, Znode>.Builder nodes = ImmutableDictionary.CreateBuilder<string, Znode>(StringComparer.Ordinal);
        while (JournalFrame.TryRead(bytes.AsSpan(position), out FrameKind kind, out ReadOnlySpan<byte> payload))
        {
            int start = position;
            position += JournalFrame.HeaderBytes + payload.Length;
            if (kind == FrameKind.Snapshot)
            {
                JournalCodec.DecodeNodes(payload, nodes);
                continue;
            }

            if (kind != FrameKind.SnapshotEnd || !nodes.ContainsKey(ZnodePath.Root))
            {
                throw new JournalCorruptException("Incomplete snapshot", start);
            }
            JournalCodec.LinkChildren(nodes);
            return new ZnodeTree(nodes.ToImmutable(), JournalCodec.DecodeSnapshotEnd(payload));
        }

        // The snapshot was in place, and durable, before the first transaction: a crash cannot damage it.
        throw new JournalCorruptException("Damaged snapshot", position);
    }

    private static ZnodeTree Replay(ZnodeTree tree, ReadOnlySpan<byte> payload, int position)
    {
        foreach (Transaction transaction in JournalCodec.DecodeTransactions(payload))
        {
            if (transaction.Zxid != tree.Zxid + 1)
            {
                throw new JournalCorruptException($"Transaction {transaction.Zxid} after {tree.Zxid}", position);
            }
            tree = tree.Apply(transaction);
        }

        return tree;
    }

    private void CutTornTail(byte[] bytes, int position)
    {
        if (JournalFrame.ExistsIn(bytes.AsSpan(position + 1)))
        {
            throw new JournalCorruptException("Damaged frame", position);
        }
        _store.Truncate(position);
    }
}
