using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Game.Contracts;

/// <summary>
/// Hashes the content of an event: the fields that <see cref="EventField.Content"/> marks. A retry of an action publishes the same content under the same id;
/// other content under that id is another action. A field is not content if a retry may change it, or if it follows from other fields: <c>ts</c> and
/// <c>server_id</c> (another server may retry), a login's location and session id (they follow from <c>ip</c>, player and key), a trade side's
/// <c>session_id</c> and <c>ip</c> (the player may have logged in again before the game world retries). Thread-safe; allocates nothing.
/// </summary>
/// <param name="key">
/// Random, drawn once a process; a test gives a fixed one. Players choose some of the texts: a player who does not know the key cannot search for two contents
/// that have the same hash.
/// </param>
public sealed class EventContent(UInt128 key)
{
    private const int Texts = 4;
    private const int Numbers = 5;
    private const int IdWords = 2;
    private const int MaxWords = 1 + IdWords + (Texts * ((ContractLimits.MaxIdBytes / sizeof(ulong)) + 1)) + Numbers;

    private readonly KeyedHash _hash = new(key);

    /// <summary>Equal contents have equal hashes; two different contents have equal hashes once in 2^64. Compare hashes of one process only.</summary>
    public ulong HashOf(in EventView view)
    {
        ContentWords content = new(stackalloc ulong[MaxWords], view.Kind);
        content.Add(view.EventId);
        content.Add(view.UserId);
        if (view.Kind == EventKind.Login)
        {
            content.Add((byte)view.Outcome);
            content.Add(view.Ip);
            content.Add(view.DeviceId);
            content.Add(view.ClientVersion);
        }
        else
        {
            AddTrade(ref content, view);
        }

        return _hash.Of(MemoryMarshal.AsBytes(content.Written));
    }

    private static void AddTrade(scoped ref ContentWords content, in EventView view)
    {
        content.Add((byte)view.Channel);
        content.Add(view.TradeId);
        content.Add(view.CounterpartyId);
        content.Add(view.ItemId);
        content.Add(view.GoldDelta);
        content.Add(view.GoldBalance);
        content.Add(view.ItemDelta);
        content.Add(view.ItemValue);
        content.Add(view.InventoryValue);
    }

    /// <summary>
    /// The content as 64-bit words; different contents give different words. The first word holds the values of one byte: the kind, the outcome or the channel,
    /// and the length of each text. From the lengths follows where each of the other values begins.
    /// </summary>
    private ref struct ContentWords
    {
        private readonly Span<ulong> _words;
        private int _used = 1;

        public ContentWords(Span<ulong> words, EventKind kind)
        {
            _words = words;
            _words[0] = (byte)kind;
        }

        public readonly ReadOnlySpan<ulong> Written => _words[.._used];

        public readonly void Add(byte value) => _words[0] = (_words[0] << 8) | value;

        public void Add(long number) => _words[_used++] = (ulong)number;

        public void Add(Guid id)
        {
            MemoryMarshal.Write(MemoryMarshal.AsBytes(_words[_used..]), in id);
            _used += IdWords;
        }

        // The last word holds the last eight bytes, so it may repeat bytes of the word before it; how many follows from the length.
        public void Add(ReadOnlySpan<byte> text)
        {
            Add((byte)text.Length);
            if (text.Length < sizeof(ulong))
            {
                AddShort(text);
                return;
            }

            for (int at = 0; at + sizeof(ulong) < text.Length; at += sizeof(ulong))
            {
                _words[_used++] = BinaryPrimitives.ReadUInt64LittleEndian(text[at..]);
            }

            _words[_used++] = BinaryPrimitives.ReadUInt64LittleEndian(text[^sizeof(ulong)..]);
        }

        private void AddShort(ReadOnlySpan<byte> text)
        {
            ulong word = 0;
            foreach (byte one in text)
            {
                word = (word << 8) | one;
            }

            _words[_used++] = word;
        }
    }
}
