using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Game.Contracts;

/// <summary>Writes events as the contract's flat JSON objects. Not thread-safe: one encoder a thread; its writer is reused.</summary>
public sealed class EventEncoder : IDisposable
{
    private static readonly JsonEncodedText[] Names = [.. EventFields.Names.Select(name => JsonEncodedText.Encode(name))];
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private readonly Utf8JsonWriter _writer;

    public EventEncoder() => _writer = new Utf8JsonWriter(_buffer, Options);

    /// <summary>The value's bytes, valid until the next call.</summary>
    public ReadOnlySpan<byte> Encode(PlayerEvent value)
    {
        _buffer.ResetWrittenCount();
        _writer.Reset(_buffer);
        _writer.WriteStartObject();
        WriteCommon(value);
        if (value is LoginEvent login)
        {
            WriteLogin(login);
        }
        else
        {
            WriteTrade((TradeEvent)value);
        }
        _writer.WriteEndObject();
        _writer.Flush();
        return _buffer.WrittenSpan;
    }

    public void Dispose() => _writer.Dispose();

    private void WriteCommon(PlayerEvent value)
    {
        _writer.WriteString(Name(FieldIndex.Type), value.Kind == EventKind.Login ? "login"u8 : "trade"u8);
        _writer.WriteString(Name(FieldIndex.EventId), value.EventId);
        _writer.WriteString(Name(FieldIndex.UserId), value.UserId);
        _writer.WriteNumber(Name(FieldIndex.Ts), value.Ts);
        _writer.WriteString(Name(FieldIndex.ServerId), value.ServerId);
        _writer.WriteString(Name(FieldIndex.SessionId), value.SessionId);
        _writer.WriteString(Name(FieldIndex.Ip), value.Ip);
    }

    private void WriteLogin(LoginEvent login)
    {
        _writer.WriteString(Name(FieldIndex.Country), login.Country);
        _writer.WriteNumber(Name(FieldIndex.Asn), login.Asn);
        if (login is { Lat: { } lat, Lon: { } lon })
        {
            _writer.WriteNumber(Name(FieldIndex.Lat), lat);
            _writer.WriteNumber(Name(FieldIndex.Lon), lon);
        }

        _writer.WriteString(Name(FieldIndex.DeviceId), login.DeviceId);
        _writer.WriteString(Name(FieldIndex.ClientVersion), login.ClientVersion);
        _writer.WriteString(Name(FieldIndex.Outcome), ContractText.Utf8(login.Outcome));
    }

    private void WriteTrade(TradeEvent trade)
    {
        _writer.WriteString(Name(FieldIndex.TradeId), trade.TradeId);
        _writer.WriteString(Name(FieldIndex.CounterpartyId), trade.CounterpartyId);
        _writer.WriteString(Name(FieldIndex.Channel), ContractText.Utf8(trade.Channel));
        _writer.WriteNumber(Name(FieldIndex.GoldDelta), trade.GoldDelta);
        _writer.WriteNumber(Name(FieldIndex.GoldBalance), trade.GoldBalance);
        _writer.WriteString(Name(FieldIndex.ItemId), trade.ItemId);
        _writer.WriteNumber(Name(FieldIndex.ItemDelta), trade.ItemDelta);
        _writer.WriteNumber(Name(FieldIndex.ItemValue), trade.ItemValue);
        _writer.WriteNumber(Name(FieldIndex.InventoryValue), trade.InventoryValue);
    }

    private static JsonEncodedText Name(FieldIndex field) => Names[(int)field];
}
