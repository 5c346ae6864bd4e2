using System.Buffers;
using System.Text;
using Game.Contracts;

namespace Game.GameServer.Actions;

/// <summary>Checks a request's fields against the contract's bounds and keeps the first problem; the values must not be used when there is one.</summary>
internal struct FieldChecks
{
    // C0, DEL and C1: a terminal that shows an id with one of them moves its cursor, changes its title or worse.
    private static readonly SearchValues<char> ControlCharacters =
        SearchValues.Create([.. Enumerable.Range(0, 0xA0).Select(c => (char)c).Where(char.IsControl)]);

    public Problem? Problem { get; private set; }

    /// <summary>A text that is shown: an id, a version.</summary>
    public string Text(string? value, string field, int minBytes)
    {
        if (value.AsSpan().ContainsAny(ControlCharacters))
        {
            Fail(field, "has a control character");
        }

        return Bytes(value, field, minBytes, ContractLimits.MaxIdBytes);
    }

    /// <summary>A text of any characters, which is never shown.</summary>
    public string Bytes(string? value, string field, int minBytes, int maxBytes)
    {
        if (value is null)
        {
            Fail(field, "is missing");
        }
        else if (value.Length < minBytes)
        {
            Fail(field, "is empty");
        }
        else if (value.Length * 3 > maxBytes && Encoding.UTF8.GetByteCount(value) > maxBytes)
        {
            Fail(field, $"is longer than {maxBytes} bytes");
        }
        return value ?? "";
    }

    public string OptionalText(string? value, string field, string fallback, int minBytes = 0)
        => value is null ? fallback : Text(value, field, minBytes);

    public long Number(long? value, string field, long min, long max)
    {
        if (value is null)
        {
            Fail(field, "is missing");
        }
        else if (value < min || value > max)
        {
            Fail(field, "is out of range");
        }
        return value ?? 0;
    }

    public TradeChannel Channel(string? value)
    {
        Span<byte> utf8 = stackalloc byte[16];
        TradeChannel channel = default;
        if (value is null)
        {
            Fail("channel", "is missing");
        }
        else if (!Encoding.UTF8.TryGetBytes(value, utf8, out int length) || !ContractText.TryParse(utf8[..length], out channel))
        {
            Fail("channel", "is none of direct, auction, mail and guild-bank");
        }
        return channel;
    }

    public void Fail(string field, string what) => Problem ??= Problems.InvalidField(field, $"The field '{field}' {what}.");
}
