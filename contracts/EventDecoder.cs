using System.Buffers.Text;
using System.Numerics;
using System.Text.Json;
using System.Text.Unicode;

namespace Game.Contracts;

/// <summary>
/// Decodes the value of a <c>player-events</c> record. Any bytes give an event or a named error; a well-formed event allocates nothing. Not thread-safe: each
/// thread needs its own decoder, because the decoder unescapes texts into its scratch buffer.
/// </summary>
public sealed class EventDecoder
{
    // An unescaped text is never longer than its escaped form, so the unescaped texts of one value fit.
    private readonly byte[] _scratch = new byte[ContractLimits.MaxValueBytes];
    private int _scratchUsed;

    /// <summary>Reads one event. <paramref name="view"/> holds spans into <paramref name="value"/> and is valid until the next call.</summary>
    public DecodeFailure Decode(ReadOnlySpan<byte> value, out EventView view)
    {
        view = default;
        if (value.IsEmpty)
        {
            return new(DecodeError.Empty, "");
        }
        if (value.Length > ContractLimits.MaxValueBytes)
        {
            return new(DecodeError.TooLarge, "");
        }
        if (!Utf8.IsValid(value))
        {
            return new(DecodeError.NotUtf8, "");
        }

        _scratchUsed = 0;
        try
        {
            return DecodeObject(value, ref view);
        }
        catch (JsonException)
        {
            return new(DecodeError.NotJson, "");
        }
    }

    private DecodeFailure DecodeObject(ReadOnlySpan<byte> value, ref EventView view)
    {
        Utf8JsonReader reader = new(value);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            reader.Read();
            return new(DecodeError.NotAnObject, "");
        }

        uint seen = 0;
        DecodeFailure first = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            DecodeFailure failure = DecodeField(ref reader, ref view, ref seen);
            if (failure.IsFailure && !first.IsFailure)
            {
                first = failure;
            }
        }

        reader.Read(); // throws where anything follows the object
        return first.IsFailure ? first : CheckComplete(ref view, seen);
    }

    private DecodeFailure DecodeField(scoped ref Utf8JsonReader reader, ref EventView view, ref uint seen)
    {
        if (!TryText(ref reader, out ReadOnlySpan<byte> name))
        {
            return new(DecodeError.NotUtf8, "");
        }
        FieldIndex field = EventFields.Find(name);
        reader.Read();
        if (field == FieldIndex.Unknown)
        {
            view.HasExtraFields = true;
            reader.Skip();
            return default;
        }

        uint bit = 1u << (int)field;
        DecodeError error = (seen & bit) != 0 ? DecodeError.DuplicateField : Set(ref reader, field, ref view);
        seen |= bit;
        reader.Skip();
        return error == DecodeError.None ? default : new(error, EventFields.Names[(int)field]);
    }

    private DecodeError Set(scoped ref Utf8JsonReader reader, FieldIndex field, ref EventView view) => field switch
    {
        FieldIndex.Type => ReadKind(ref reader, out view.Kind),
        FieldIndex.EventId => ReadGuid(ref reader, out view.EventId),
        FieldIndex.UserId => ReadText(ref reader, 1, ContractLimits.MaxIdBytes, out view.UserId),
        FieldIndex.Ts => ReadInteger(ref reader, 0, ContractLimits.MaxTimestamp, out view.Ts),
        FieldIndex.ServerId => ReadText(ref reader, 0, ContractLimits.MaxIdBytes, out view.ServerId),
        FieldIndex.SessionId => ReadText(ref reader, 0, ContractLimits.MaxIdBytes, out view.SessionId),
        FieldIndex.Ip => ReadIp(ref reader, out view.Ip),
        FieldIndex.Country => ReadCountry(ref reader, out view.Country),
        FieldIndex.Asn => ReadAsn(ref reader, out view.Asn),
        FieldIndex.Lat => ReadDegrees(ref reader, 90, out view.Lat),
        FieldIndex.Lon => ReadDegrees(ref reader, 180, out view.Lon),
        FieldIndex.DeviceId => ReadText(ref reader, 0, ContractLimits.MaxIdBytes, out view.DeviceId),
        FieldIndex.ClientVersion => ReadText(ref reader, 0, ContractLimits.MaxIdBytes, out view.ClientVersion),
        FieldIndex.Outcome => ReadOutcome(ref reader, out view.Outcome),
        FieldIndex.TradeId => ReadText(ref reader, 1, ContractLimits.MaxIdBytes, out view.TradeId),
        FieldIndex.CounterpartyId => ReadText(ref reader, 1, ContractLimits.MaxIdBytes, out view.CounterpartyId),
        FieldIndex.Channel => ReadChannel(ref reader, out view.Channel),
        FieldIndex.GoldDelta => ReadInteger(ref reader, -ContractLimits.MaxGold, ContractLimits.MaxGold, out view.GoldDelta),
        FieldIndex.GoldBalance => ReadInteger(ref reader, 0, ContractLimits.MaxGold, out view.GoldBalance),
        FieldIndex.ItemId => ReadText(ref reader, 0, ContractLimits.MaxIdBytes, out view.ItemId),
        FieldIndex.ItemDelta => ReadItemDelta(ref reader, out view.ItemDelta),
        FieldIndex.ItemValue => ReadInteger(ref reader, 0, ContractLimits.MaxGold, out view.ItemValue),
        _ => ReadInteger(ref reader, 0, ContractLimits.MaxGold, out view.InventoryValue),
    };

    private static DecodeFailure CheckComplete(ref EventView view, uint seen)
    {
        uint required = view.Kind == EventKind.Login ? EventFields.RequiredByLogin : EventFields.RequiredByTrade;
        uint missing = required & ~seen;
        if ((seen & 1) == 0)
        {
            missing = 1;
        }
        if (missing != 0)
        {
            return new(DecodeError.MissingField, EventFields.Names[BitOperations.TrailingZeroCount(missing)]);
        }
        return CheckLocation(ref view, seen);
    }

    private static DecodeFailure CheckLocation(ref EventView view, uint seen)
    {
        bool lat = (seen & 1u << (int)FieldIndex.Lat) != 0 && !double.IsNaN(view.Lat);
        bool lon = (seen & 1u << (int)FieldIndex.Lon) != 0 && !double.IsNaN(view.Lon);
        if (lat != lon)
        {
            return new(DecodeError.MissingField, lat ? "lon" : "lat");
        }
        view.HasLocation = lat;
        return view.Kind == EventKind.Login && view.Ip.IsEmpty ? new(DecodeError.OutOfRange, "ip") : default;
    }

    private bool TryText(scoped ref Utf8JsonReader reader, out ReadOnlySpan<byte> text)
    {
        text = reader.ValueSpan;
        if (!reader.ValueIsEscaped)
        {
            return true;
        }
        Span<byte> target = _scratch.AsSpan(_scratchUsed);
        try
        {
            int length = reader.CopyString(target);
            _scratchUsed += length;
            text = target[..length];
            return true;
        }
        catch (InvalidOperationException) // an escaped lone surrogate is valid JSON, but no text
        {
            return false;
        }
    }

    private DecodeError ReadText(scoped ref Utf8JsonReader reader, int minBytes, int maxBytes, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (reader.TokenType != JsonTokenType.String)
        {
            return DecodeError.WrongType;
        }
        if (!TryText(ref reader, out text))
        {
            return DecodeError.NotUtf8;
        }
        if (text.Length > maxBytes)
        {
            return DecodeError.TooLong;
        }
        return text.Length < minBytes ? DecodeError.OutOfRange : DecodeError.None;
    }

    private DecodeError ReadKind(scoped ref Utf8JsonReader reader, out EventKind kind)
    {
        kind = default;
        DecodeError error = ReadText(ref reader, 0, ContractLimits.MaxIdBytes, out ReadOnlySpan<byte> text);
        if (error != DecodeError.None)
        {
            return error;
        }
        kind = text.SequenceEqual("trade"u8) ? EventKind.Trade : EventKind.Login;
        return kind == EventKind.Trade || text.SequenceEqual("login"u8) ? DecodeError.None : DecodeError.UnknownType;
    }

    private DecodeError ReadGuid(scoped ref Utf8JsonReader reader, out Guid id)
    {
        id = default;
        DecodeError error = ReadText(ref reader, 0, ContractLimits.MaxIdBytes, out ReadOnlySpan<byte> text);
        if (error != DecodeError.None)
        {
            return error;
        }
        return Utf8Parser.TryParse(text, out id, out int used, 'D') && used == text.Length ? DecodeError.None : DecodeError.OutOfRange;
    }

    private DecodeError ReadIp(scoped ref Utf8JsonReader reader, out ReadOnlySpan<byte> ip)
    {
        DecodeError error = ReadText(ref reader, 0, ContractLimits.MaxIdBytes, out ip);
        if (error != DecodeError.None || ip.IsEmpty)
        {
            return error;
        }
        return IpValue.TryParse(ip, out _) ? DecodeError.None : DecodeError.OutOfRange;
    }

    private DecodeError ReadCountry(scoped ref Utf8JsonReader reader, out ReadOnlySpan<byte> country)
    {
        DecodeError error = ReadText(ref reader, 0, ContractLimits.MaxIdBytes, out country);
        if (error != DecodeError.None || country.IsEmpty)
        {
            return error;
        }
        bool alpha2 = country.Length == 2 && country[0] is >= (byte)'A' and <= (byte)'Z' && country[1] is >= (byte)'A' and <= (byte)'Z';
        return alpha2 ? DecodeError.None : DecodeError.OutOfRange;
    }

    private DecodeError ReadOutcome(scoped ref Utf8JsonReader reader, out LoginOutcome outcome)
    {
        outcome = default;
        DecodeError error = ReadText(ref reader, 0, ContractLimits.MaxIdBytes, out ReadOnlySpan<byte> text);
        if (error != DecodeError.None)
        {
            return error;
        }
        return ContractText.TryParse(text, out outcome) ? DecodeError.None : DecodeError.UnknownWord;
    }

    private DecodeError ReadChannel(scoped ref Utf8JsonReader reader, out TradeChannel channel)
    {
        channel = default;
        DecodeError error = ReadText(ref reader, 0, ContractLimits.MaxIdBytes, out ReadOnlySpan<byte> text);
        if (error != DecodeError.None)
        {
            return error;
        }
        return ContractText.TryParse(text, out channel) ? DecodeError.None : DecodeError.UnknownWord;
    }

    private static DecodeError ReadInteger(scoped ref Utf8JsonReader reader, long min, long max, out long number)
    {
        number = 0;
        if (reader.TokenType != JsonTokenType.Number)
        {
            return DecodeError.WrongType;
        }
        return reader.TryGetInt64(out number) && number >= min && number <= max ? DecodeError.None : DecodeError.OutOfRange;
    }

    private static DecodeError ReadAsn(scoped ref Utf8JsonReader reader, out uint asn)
    {
        DecodeError error = ReadInteger(ref reader, 0, uint.MaxValue, out long number);
        asn = error == DecodeError.None ? (uint)number : 0;
        return error;
    }

    private static DecodeError ReadItemDelta(scoped ref Utf8JsonReader reader, out int delta)
    {
        DecodeError error = ReadInteger(ref reader, -ContractLimits.MaxItemDelta, ContractLimits.MaxItemDelta, out long number);
        delta = error == DecodeError.None ? (int)number : 0;
        return error;
    }

    // null means "not given", like a missing field.
    private static DecodeError ReadDegrees(scoped ref Utf8JsonReader reader, double bound, out double degrees)
    {
        degrees = double.NaN;
        if (reader.TokenType == JsonTokenType.Null)
        {
            return DecodeError.None;
        }
        if (reader.TokenType != JsonTokenType.Number)
        {
            return DecodeError.WrongType;
        }
        return reader.TryGetDouble(out degrees) && Math.Abs(degrees) <= bound ? DecodeError.None : DecodeError.OutOfRange;
    }
}
