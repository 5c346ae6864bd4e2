using System.Text;
using System.Text.Json.Nodes;

namespace Game.Contracts.Tests;

public sealed class EventContentTests
{
    private static readonly EventContent Content = new(new UInt128(1, 2));

    /// <summary>Another good value for every field but type.</summary>
    private static readonly Dictionary<string, JsonNode> Others = new()
    {
        ["event_id"] = "0193a5c0-7b1e-7c3d-8e4f-5a6b7c8d9e00", ["user_id"] = "u-1", ["ts"] = 1, ["server_id"] = "x", ["session_id"] = "x",
        ["ip"] = "198.51.100.1", ["country"] = "FR",
        ["asn"] = 1, ["lat"] = 1.5, ["lon"] = 1.5, ["device_id"] = "x", ["client_version"] = "x", ["outcome"] = "locked", ["trade_id"] = "x",
        ["counterparty_id"] = "x",
        ["channel"] = "mail", ["gold_delta"] = 1, ["gold_balance"] = 1, ["item_id"] = "x", ["item_delta"] = 1, ["item_value"] = 1, ["inventory_value"] = 1,
    };

    public static TheoryData<EventKind, string> Fields => [.. new[] { EventKind.Login, EventKind.Trade }.SelectMany(kind =>
        EventFields.All.Where(known => known.Name != "type" && known.Kinds.HasFlag(Set(kind))).Select(known => (kind, known.Name)))];

    [Theory]
    [MemberData(nameof(Fields))]
    public void The_hash_covers_the_fields_that_the_table_marks_and_no_other(EventKind kind, string name)
    {
        PlayerEvent sample = kind == EventKind.Login ? Samples.Login : Samples.Trade;
        JsonObject changed = JsonNode.Parse(Samples.Encode(sample))!.AsObject();
        changed[name] = Others[name].DeepClone();
        bool isContent = EventFields.All.Single(field => field.Name == name).Content.HasFlag(Set(kind));
        (Hash(Encoding.UTF8.GetBytes(changed.ToJsonString())) != Hash(Samples.Encode(sample))).ShouldBe(isContent);
    }

    [Fact]
    public void Text_that_moves_from_one_field_into_the_next_is_other_content()
    {
        ulong one = Hash(Samples.Encode(Samples.Login with { DeviceId = "ab", ClientVersion = "c" }));
        Hash(Samples.Encode(Samples.Login with { DeviceId = "a", ClientVersion = "bc" })).ShouldNotBe(one);
    }

    [Fact]
    public void The_longest_content_fits_and_hashing_allocates_nothing()
    {
        string longest = new('x', ContractLimits.MaxIdBytes);
        byte[] value = Samples.Encode(Samples.Trade with { UserId = longest, TradeId = longest, CounterpartyId = longest, ItemId = longest });
        EventDecoder decoder = new();
        decoder.Decode(value, out EventView view).ShouldBe(DecodeFailure.None);
        Content.HashOf(view);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Content.HashOf(view);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    /// <summary>Lengths around the eight bytes of a word: the last word may repeat bytes of the word before it.</summary>
    [Fact]
    public void Every_byte_and_every_length_of_a_text_counts()
    {
        string[] texts = [.. Enumerable.Range(0, 26).Select(length => new string('a', length))];
        string[] changed = [.. texts.SelectMany(text => Enumerable.Range(0, text.Length).Select(at => text.Remove(at, 1).Insert(at, "b")))];
        texts.Concat(changed).Select(text => Hash(Samples.Encode(Samples.Login with { ClientVersion = text }))).ShouldBeUnique();
    }

    [Fact]
    public void The_hash_is_SipHash_1_3() // the paper's key and message; the value is that of Python 3.11, which hashes its strings so
    {
        UInt128 key = new(0x0f0e0d0c0b0a0908, 0x0706050403020100);
        new KeyedHash(key).Of([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]).ShouldBe(0xd320d86d2a519956);
    }

    private static ulong Hash(byte[] value)
    {
        new EventDecoder().Decode(value, out EventView view).ShouldBe(DecodeFailure.None);
        return Content.HashOf(view);
    }

    private static EventKinds Set(EventKind kind) => kind == EventKind.Login ? EventKinds.Login : EventKinds.Trade;
}
