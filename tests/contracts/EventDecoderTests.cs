using System.Text;
using CsCheck;

namespace Game.Contracts.Tests;

public sealed class EventDecoderTests
{
    private static readonly string LoginJson = Encoding.UTF8.GetString(Samples.Encode(Samples.Login));
    private static readonly string TradeJson = Encoding.UTF8.GetString(Samples.Encode(Samples.Trade));

    private static DecodeFailure Decode(string json) => new EventDecoder().Decode(Encoding.UTF8.GetBytes(json), out _);

    [Theory]
    [InlineData("", DecodeError.Empty, "")]
    [InlineData("{", DecodeError.NotJson, "")]
    [InlineData("[]", DecodeError.NotAnObject, "")]
    [InlineData("17", DecodeError.NotAnObject, "")]
    [InlineData("{}", DecodeError.MissingField, "type")]
    [InlineData("{} x", DecodeError.NotJson, "")]
    [InlineData("{\"type\":\"logout\"}", DecodeError.UnknownType, "type")]
    [InlineData("{\"type\":7}", DecodeError.WrongType, "type")]
    public void Broken_values_have_named_errors(string json, DecodeError error, string field) => Decode(json).ShouldBe(new DecodeFailure(error, field));

    [Theory]
    [InlineData("1700000000123", "-1", "ts", DecodeError.OutOfRange)]
    [InlineData("1700000000123", "253402300800000", "ts", DecodeError.OutOfRange)]
    [InlineData("1700000000123", "1e400", "ts", DecodeError.OutOfRange)]
    [InlineData("1700000000123", "\"1700000000123\"", "ts", DecodeError.WrongType)]
    [InlineData("\"203.0.113.9\"", "\"203.0.113.256\"", "ip", DecodeError.OutOfRange)]
    [InlineData("\"203.0.113.9\"", "\"\"", "ip", DecodeError.OutOfRange)]
    [InlineData("\"DE\"", "\"de\"", "country", DecodeError.OutOfRange)]
    [InlineData("3320", "4294967296", "asn", DecodeError.OutOfRange)]
    [InlineData("52.52", "91", "lat", DecodeError.OutOfRange)]
    [InlineData("52.52", "null", "lat", DecodeError.MissingField)]
    [InlineData("\"ok\"", "\"maybe\"", "outcome", DecodeError.UnknownWord)]
    [InlineData("\"u-000042\"", "\"\"", "user_id", DecodeError.OutOfRange)]
    [InlineData("\"u-000042\"", "{\"a\":[1]}", "user_id", DecodeError.WrongType)]
    [InlineData("\"s-77\"", "null", "session_id", DecodeError.WrongType)]
    [InlineData("\"event_id\"", "\"other_id\"", "event_id", DecodeError.MissingField)]
    [InlineData("\"asn\":3320", "\"ts\":1", "ts", DecodeError.DuplicateField)]
    public void Wrong_fields_are_named(string from, string to, string field, DecodeError error)
    => Decode(LoginJson.Replace(from, to)).ShouldBe(new DecodeFailure(error, field));

    [Fact]
    public void Huge_gold_is_refused()
    => Decode(TradeJson.Replace("-1500", "9007199254740993")).ShouldBe(new DecodeFailure(DecodeError.OutOfRange, "gold_delta"));

    [Fact]
    public void Texts_have_a_bound() => Decode(LoginJson.Replace("u-000042", new string('x', 129))).ShouldBe(new DecodeFailure(DecodeError.TooLong, "user_id"));

    [Fact]
    public void Values_have_a_bound() => Decode("{\"x\":\"" + new string('x', 70_000) + "\"}").ShouldBe(new DecodeFailure(DecodeError.TooLarge, ""));

    [Fact]
    public void Escaped_names_and_texts_are_read()
    {
        byte[] json = Encoding.UTF8.GetBytes(LoginJson.Replace("\"user_id\":\"u-000042\"", "\"user\\u005fid\":\"a\\n\\u00e9\""));
        new EventDecoder().Decode(json, out EventView view).ShouldBe(DecodeFailure.None);
        Encoding.UTF8.GetString(view.UserId).ShouldBe("a\né");
    }

    [Theory]
    [InlineData("\"user_id\":\"\\ud800\"")]
    [InlineData("\"\\ud800\":1")]
    public void Lone_surrogates_are_no_text(string member) => Decode(LoginJson.Replace("\"user_id\":\"u-000042\"", member)).Error.ShouldBe(DecodeError.NotUtf8);

    [Fact]
    public void Unknown_fields_are_ignored_and_survive()
    {
        byte[] json = Encoding.UTF8.GetBytes(LoginJson.Replace("{\"type\"", "{\"x\\u0031\":{\"deep\":[1,2.50]},\"type\"").Replace("\"asn\"",
            "\"note\":null,\"asn\""));
        new EventDecoder().Decode(json, out EventView view).ShouldBe(DecodeFailure.None);
        view.HasExtraFields.ShouldBeTrue();
        view.ToEvent().ShouldBe(Samples.Login);
        ExtraFields.Read(json).ShouldBe("{\"x1\":{\"deep\":[1,2.50]},\"note\":null}");
        ExtraFields.Read(Encoding.UTF8.GetBytes(LoginJson)).ShouldBeNull();
    }

    [Fact]
    public void Decoding_allocates_nothing()
    {
        byte[][] values = [Samples.Encode(Samples.Login), Samples.Encode(Samples.Trade), Samples.Encode(Samples.FailedLogin)];
        EventDecoder decoder = new();
        foreach (byte[] value in values)
        {
            decoder.Decode(value, out _);
        }
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            foreach (byte[] value in values)
            {
                decoder.Decode(value, out _);
            }
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void Any_bytes_give_an_event_or_a_named_error()
    {
        EventDecoder decoder = new();
        Gen.Byte.Array[0, 200].Sample(bytes => Decodes(decoder, bytes), iter: 5_000);
        byte[][] seeds = [Samples.Encode(Samples.Login), Samples.Encode(Samples.Trade), ContractJson.Encode(Samples.Alert), ContractJson.Encode(Samples.Label)];
        Gen.Select(Gen.Int[0, seeds.Length - 1], Gen.Int[0, 10_000], Gen.Byte, Gen.Int[0, 3], Gen.Int[0, 40])
            .Sample((seed, at, value, kind, length) => Decodes(decoder, Mutate(seeds[seed], at, value, kind, length)), iter: 20_000, threads: 1);
    }

    private static byte[] Mutate(byte[] seed, int at, byte value, int kind, int length)
    {
        at %= seed.Length;
        int end = Math.Min(seed.Length, at + length);
        return kind switch
        {
            0 => [.. seed[..at], value, .. seed[(at + 1)..]],
            1 => seed[..at],
            2 => [.. seed[..at], .. seed[end..]],
            _ => [.. seed[..end], .. seed[at..end], .. seed[end..]],
        };
    }

    private static void Decodes(EventDecoder decoder, byte[] bytes)
    {
        DecodeFailure failure = decoder.Decode(bytes, out EventView view);
        failure.ToString().ShouldNotBeEmpty();
        if (!failure.IsFailure)
        {
            PlayerEvent value = view.ToEvent();
            decoder.Decode(Samples.Encode(value), out EventView again).ShouldBe(DecodeFailure.None);
            again.ToEvent().ShouldBe(value);
            _ = view.HasExtraFields ? ExtraFields.Read(bytes) : null;
        }

        ContractJson.TryDecode(bytes, out Alert _, out _);
        ContractJson.TryDecode(bytes, out Label _, out _);
        ContractJson.TryDecode(bytes, out SimulationTruth _, out _);
    }
}
