using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Game.Contracts;

/// <summary>
/// What an event says happened: the fields that <see cref="EventField.Content"/> marks. A retry of an action publishes the same content under the same id;
/// other content under that id is another action. Not content is what a retry changes or what follows from the rest: <c>ts</c> and <c>server_id</c> (the server
/// that retries), a login's place and session id (they follow from <c>ip</c>, player and key), a trade side's <c>session_id</c> and <c>ip</c> (the player may
/// have logged in anew before the world retries). Thread-safe; allocates nothing.
/// </summary>
/// <param name="key">
/// Drawn at random once a process, or fixed by a test. Players choose some of the texts: who does not know the key cannot search for two contents of one hash.
/// </param>
public sealed class EventContent(UInt128 key)
{
    private const int Texts = 4;
    private const int Numbers = 5;
    private const int IdWords = 2;
    private const int MaxWords = 1 + IdWords + (Texts * ((ContractLimits.MaxIdBytes / sizeof(ulong)) + 1)) + Numbers;

    private readonly KeyedHash _hash = new(key);

    /// <summary>The same number for the same content; for another, another but for one case in 2^64. Only good within this process.</summary>
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
    /// Content as words, so that no two contents give the same ones: the first word holds what is a byte (the kind, the outcome or channel, the lengths of the
    /// texts) and so tells where every other value begins.
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

        // The last eight bytes may repeat some of the words before: the length tells which.
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
