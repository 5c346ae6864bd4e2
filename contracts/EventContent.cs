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
    private const int Numbers = 7;
    private const int IdBytes = 16;
    private const int MaxBytes = IdBytes + (Texts * (sizeof(long) + ContractLimits.MaxIdBytes)) + (Numbers * sizeof(long));

    private readonly KeyedHash _hash = new(key);

    /// <summary>The same number for the same content; for another, another but for one case in 2^64. Only good within this process.</summary>
    public ulong HashOf(in EventView view)
    {
        ContentBytes content = new(stackalloc byte[MaxBytes]);
        content.Add((byte)view.Kind);
        content.Add(view.EventId);
        content.Add(view.UserId);
        if (view.Kind == EventKind.Login)
        {
            content.Add(view.Ip);
            content.Add(view.DeviceId);
            content.Add(view.ClientVersion);
            content.Add((byte)view.Outcome);
        }
        else
        {
            AddTrade(ref content, view);
        }

        return _hash.Of(content.Written);
    }

    private static void AddTrade(scoped ref ContentBytes content, in EventView view)
    {
        content.Add(view.TradeId);
        content.Add(view.CounterpartyId);
        content.Add((byte)view.Channel);
        content.Add(view.GoldDelta);
        content.Add(view.GoldBalance);
        content.Add(view.ItemId);
        content.Add(view.ItemDelta);
        content.Add(view.ItemValue);
        content.Add(view.InventoryValue);
    }

    /// <summary>Puts values one behind the other so that no two contents give the same bytes.</summary>
    private ref struct ContentBytes(Span<byte> buffer)
    {
        private readonly Span<byte> _buffer = buffer;
        private int _used;

        public readonly ReadOnlySpan<byte> Written => _buffer[.._used];

        public void Add(ReadOnlySpan<byte> text)
        {
            Add(text.Length);
            text.CopyTo(_buffer[_used..]);
            _used += text.Length;
        }

        public void Add(Guid id)
        {
            MemoryMarshal.Write(_buffer[_used..], in id);
            _used += IdBytes;
        }

        public void Add(long number)
        {
            BinaryPrimitives.WriteInt64LittleEndian(_buffer[_used..], number);
            _used += sizeof(long);
        }
    }
}
