using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Game.Contracts;

/// <summary>Writes events as the contract's flat JSON objects. Not thread-safe: one encoder a thread; its writer is reused.</summary>
public sealed class EventEncoder : IDisposable
{
    private static readonly JsonEncodedText[] Names = [.. EventFields.Names.Select(name => JsonEncodedText.Encode(name))];
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly ArrayBufferWriter<byte> buffer = new(1024);
    private readonly Utf8JsonWriter writer;

    public EventEncoder() => writer = new Utf8JsonWriter(buffer, Options);

    /// <summary>The value's bytes, valid until the next call.</summary>
    public ReadOnlySpan<byte> Encode(PlayerEvent value)
    {
        buffer.ResetWrittenCount();
        writer.Reset(buffer);
        writer.WriteStartObject();
        WriteCommon(value);
        if (value is LoginEvent login)
            WriteLogin(login);
        else
            WriteTrade((TradeEvent)value);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan;
    }

    public void Dispose() => writer.Dispose();

    private void WriteCommon(PlayerEvent value)
    {
        writer.WriteString(Name(EventField.Type), value.Kind == EventKind.Login ? "login"u8 : "trade"u8);
        writer.WriteString(Name(EventField.EventId), value.EventId);
        writer.WriteString(Name(EventField.UserId), value.UserId);
        writer.WriteNumber(Name(EventField.Ts), value.Ts);
        writer.WriteString(Name(EventField.ServerId), value.ServerId);
        writer.WriteString(Name(EventField.SessionId), value.SessionId);
        writer.WriteString(Name(EventField.Ip), value.Ip);
    }

    private void WriteLogin(LoginEvent login)
    {
        writer.WriteString(Name(EventField.Country), login.Country);
        writer.WriteNumber(Name(EventField.Asn), login.Asn);
        if (login is { Lat: { } lat, Lon: { } lon })
        {
            writer.WriteNumber(Name(EventField.Lat), lat);
            writer.WriteNumber(Name(EventField.Lon), lon);
        }

        writer.WriteString(Name(EventField.DeviceId), login.DeviceId);
        writer.WriteString(Name(EventField.ClientVersion), login.ClientVersion);
        writer.WriteString(Name(EventField.Outcome), ContractText.Utf8(login.Outcome));
    }

    private void WriteTrade(TradeEvent trade)
    {
        writer.WriteString(Name(EventField.TradeId), trade.TradeId);
        writer.WriteString(Name(EventField.CounterpartyId), trade.CounterpartyId);
        writer.WriteString(Name(EventField.Channel), ContractText.Utf8(trade.Channel));
        writer.WriteNumber(Name(EventField.GoldDelta), trade.GoldDelta);
        writer.WriteNumber(Name(EventField.GoldBalance), trade.GoldBalance);
        writer.WriteString(Name(EventField.ItemId), trade.ItemId);
        writer.WriteNumber(Name(EventField.ItemDelta), trade.ItemDelta);
        writer.WriteNumber(Name(EventField.ItemValue), trade.ItemValue);
        writer.WriteNumber(Name(EventField.InventoryValue), trade.InventoryValue);
    }

    private static JsonEncodedText Name(EventField field) => Names[(int)field];
}
