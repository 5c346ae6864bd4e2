using Game.Detector.Windows;

namespace Game.Detector.Partitions;

/// <summary>
/// The players of one partition. States lie in chunks of value types: a known player is found without allocation, a new one costs its key, and the collector
/// has nothing to walk. About 3 KB a player in all. There is no upper bound but the game's number of players: a player who
/// is forgotten could be defrauded unnoticed.
/// </summary>
internal sealed class PlayerTable
{
    private const int ChunkBits = 6;
    private const int ChunkSize = 1 << ChunkBits;

    private readonly List<PlayerState[]> _chunks = [];
    private readonly Dictionary<byte[], int> _places = new(Utf8Key.Comparer);
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _lookup;

    public PlayerTable() => _lookup = _places.GetAlternateLookup<ReadOnlySpan<byte>>();

    public int Count => _places.Count;

    public bool Knows(ReadOnlySpan<byte> userId) => _lookup.ContainsKey(userId);

    /// <summary>The state of a player, made empty when the player is new. Valid until the partition is dropped.</summary>
    public ref PlayerState Find(ReadOnlySpan<byte> userId, out bool isNew)
    {
        isNew = !_lookup.TryGetValue(userId, out int place);
        if (isNew)
        {
            place = Add(userId);
        }
        return ref _chunks[place >> ChunkBits][place & (ChunkSize - 1)];
    }

    private int Add(ReadOnlySpan<byte> userId)
    {
        int place = _places.Count;
        if (place >> ChunkBits == _chunks.Count)
        {
            _chunks.Add(new PlayerState[ChunkSize]);
        }
        _places.Add(userId.ToArray(), place);
        return place;
    }

    private sealed class Utf8Key : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly Utf8Key Comparer = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(byte[] key) => GetHashCode(key.AsSpan());

        // The framework's hash has a random seed in each process, so that nobody can choose ids that collide. Nothing reads the dictionary in its order.
        public int GetHashCode(ReadOnlySpan<byte> key)
        {
            HashCode hash = default;
            hash.AddBytes(key);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> key) => key.ToArray();
    }
}
