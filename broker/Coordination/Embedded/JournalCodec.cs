using System.Buffers;
using System.Collections.Immutable;
using System.Text;

namespace Broker.Coordination.Embedded;

/// <summary>Transactions and znodes to and from the payload of a frame.</summary>
internal static class JournalCodec
{
    /// <summary>Znodes of a snapshot go into frames of about this size, so that no frame outgrows an int.</summary>
    private const int SnapshotFrameBytes = 1 << 20;

    internal static byte[] EncodeTransactions(IReadOnlyList<Transaction> transactions) => Frame(FrameKind.Transactions, writer =>
    {
        writer.Write(transactions.Count);
        foreach (Transaction transaction in transactions)
        {
            Write(writer, transaction);
        }
    });

    internal static byte[] EncodeSnapshot(ZnodeTree tree)
    {
        ArrayBufferWriter<byte> content = new();
        List<KeyValuePair<string, Znode>> frame = new();
        int bytes = 0;
        foreach (KeyValuePair<string, Znode> node in tree.Nodes)
        {
            frame.Add(node);
            bytes += (node.Value.Data?.Length ?? 0) + node.Key.Length + 64;
            if (bytes < SnapshotFrameBytes)
            {
                continue;
            }
            content.Write(EncodeNodes(frame));
            frame.Clear();
            bytes = 0;
        }

        content.Write(EncodeNodes(frame));
        content.Write(Frame(FrameKind.SnapshotEnd, writer => writer.Write(tree.Zxid)));
        return content.WrittenSpan.ToArray();
    }

    internal static List<Transaction> DecodeTransactions(ReadOnlySpan<byte> payload)
    {
        using BinaryReader reader = Reader(payload);
        List<Transaction> transactions = new();
        for (int left = reader.ReadInt32(); left > 0; left--)
        {
            transactions.Add(ReadTransaction(reader));
        }
        return transactions;
    }

    internal static long DecodeSnapshotEnd(ReadOnlySpan<byte> payload)
    {
        using BinaryReader reader = Reader(payload);
        return reader.ReadInt64();
    }

    internal static void DecodeNodes(ReadOnlySpan<byte> payload, ImmutableDictionary<string, Znode>.Builder nodes)
    {
        using BinaryReader reader = Reader(payload);
        for (int left = reader.ReadInt32(); left > 0; left--)
        {
            string path = reader.ReadString();
            nodes[path] = ReadNode(reader);
        }
    }

    /// <summary>Children are not stored: they follow from the paths.</summary>
    internal static void LinkChildren(ImmutableDictionary<string, Znode>.Builder nodes)
    {
        foreach (IGrouping<string, string> siblings in nodes.Keys.Where(path => path != ZnodePath.Root).GroupBy(ZnodePath.ParentOf,
            StringComparer.Ordinal).ToList())
        {
            nodes[siblings.Key] = nodes[siblings.Key] with { Children = Znode.NoChildren.Union(siblings.Select(ZnodePath.NameOf)) };
        }
    }

    private static byte[] EncodeNodes(List<KeyValuePair<string, Znode>> nodes) => Frame(FrameKind.Snapshot, writer =>
    {
        writer.Write(nodes.Count);
        foreach ((string path, Znode node) in nodes)
        {
            writer.Write(path);
            Write(writer, node);
        }
    });

    private static byte[] Frame(FrameKind kind, Action<BinaryWriter> write)
    {
        using MemoryStream stream = new();
        stream.Position = JournalFrame.HeaderBytes;
        using (BinaryWriter writer = new(stream, Encoding.UTF8, leaveOpen: true))
        {
            write(writer);
        }
        byte[] frame = stream.ToArray();
        JournalFrame.Seal(frame, kind);
        return frame;
    }

    private static BinaryReader Reader(ReadOnlySpan<byte> payload) => new(new MemoryStream(payload.ToArray()), Encoding.UTF8);

    private static void Write(BinaryWriter writer, Transaction transaction)
    {
        writer.Write(transaction.Zxid);
        writer.Write(transaction.Time);
        writer.Write(transaction.Effects.Count);
        foreach (Effect effect in transaction.Effects)
        {
            writer.Write((byte)(effect switch { Effect.Created => 1, Effect.Changed => 2, _ => 3 }));
            writer.Write(effect.Path);
            if (effect is Effect.Created created)
            {
                writer.Write(created.EphemeralOwner);
            }
            if (effect is not Effect.Deleted)
            {
                WriteData(writer, effect is Effect.Created c ? c.Data : ((Effect.Changed)effect).Data);
            }
        }
    }

    private static Transaction ReadTransaction(BinaryReader reader)
    {
        long zxid = reader.ReadInt64();
        long time = reader.ReadInt64();
        List<Effect> effects = new();
        for (int left = reader.ReadInt32(); left > 0; left--)
        {
            byte kind = reader.ReadByte();
            string path = reader.ReadString();
            long owner = kind == 1 ? reader.ReadInt64() : 0;
            effects.Add(kind switch
            {
                1 => new Effect.Created(path, ReadData(reader), owner),
                2 => new Effect.Changed(path, ReadData(reader)),
                _ => new Effect.Deleted(path),
            });
        }

        return new Transaction(zxid, time, effects);
    }

    private static void Write(BinaryWriter writer, Znode node)
    {
        WriteData(writer, node.Data);
        writer.Write(node.Czxid);
        writer.Write(node.Mzxid);
        writer.Write(node.Pzxid);
        writer.Write(node.Ctime);
        writer.Write(node.Mtime);
        writer.Write(node.Version);
        writer.Write(node.Creates);
        writer.Write(node.EphemeralOwner);
    }

    private static Znode ReadNode(BinaryReader reader) => new(
        ReadData(reader), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(),
        reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt64(), Znode.NoChildren);

    /// <summary>No data and empty data are different, as in ZooKeeper.</summary>
    private static void WriteData(BinaryWriter writer, byte[]? data)
    {
        writer.Write(data?.Length ?? -1);
        if (data is not null)
        {
            writer.Write(data);
        }
    }

    private static byte[]? ReadData(BinaryReader reader) => reader.ReadInt32() is var length and >= 0 ? reader.ReadBytes(length) : null;
}
