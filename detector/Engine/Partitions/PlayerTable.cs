using Game.Detector.Windows;

namespace Game.Detector.Partitions;

/// <summary>
/// The players of one partition. States lie in chunks of value types: finding a known player allocates nothing, a new one allocates its key, and the garbage
/// collector has no references to follow. About 3 KB a player in all. The only upper bound is the game's number of players, because a forgotten player could be
/// defrauded unnoticed.
/// </summary>
internal sealed class PlayerTable
{
    private const int ChunkBits = 6;
    private const int ChunkSize = 1 << ChunkBits;

    private readonly List<PlayerState[]> _chunks = [];
    private readonly Dictionary<byte[], int> _slots = new(Utf8Key.Comparer);
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _lookup;

    public PlayerTable() => _lookup = _slots.GetAlternateLookup<ReadOnlySpan<byte>>();

    public int Count => _slots.Count;

    public bool Knows(ReadOnlySpan<byte> userId) => _lookup.ContainsKey(userId);

    /// <summary>The state of a player, made empty when the player is new. Valid until the partition is dropped.</summary>
    public ref PlayerState Find(ReadOnlySpan<byte> userId, out bool isNew)
    {
        isNew = !_lookup.TryGetValue(userId, out int slot);
        if (isNew)
        {
            slot = Add(userId);
        }
        return ref _chunks[slot >> ChunkBits][slot & (ChunkSize - 1)];
    }

    private int Add(ReadOnlySpan<byte> userId)
    {
        int slot = _slots.Count;
        if (slot >> ChunkBits == _chunks.Count)
        {
            _chunks.Add(new PlayerState[ChunkSize]);
        }
        _slots.Add(userId.ToArray(), slot);
        return slot;
    }

    private sealed class Utf8Key : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly Utf8Key Comparer = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(byte[] key) => GetHashCode(key.AsSpan());

        // The framework's hash has a random seed in each process, so that no player can choose ids that collide. Nothing reads the dictionary in its order.
        public int GetHashCode(ReadOnlySpan<byte> key)
        {
            HashCode hash = default;
            hash.AddBytes(key);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> key) => key.ToArray();
    }
}
