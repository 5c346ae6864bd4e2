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
        writer.WriteString(Name(FieldIndex.Type), value.Kind == EventKind.Login ? "login"u8 : "trade"u8);
        writer.WriteString(Name(FieldIndex.EventId), value.EventId);
        writer.WriteString(Name(FieldIndex.UserId), value.UserId);
        writer.WriteNumber(Name(FieldIndex.Ts), value.Ts);
        writer.WriteString(Name(FieldIndex.ServerId), value.ServerId);
        writer.WriteString(Name(FieldIndex.SessionId), value.SessionId);
        writer.WriteString(Name(FieldIndex.Ip), value.Ip);
    }

    private void WriteLogin(LoginEvent login)
    {
        writer.WriteString(Name(FieldIndex.Country), login.Country);
        writer.WriteNumber(Name(FieldIndex.Asn), login.Asn);
        if (login is { Lat: { } lat, Lon: { } lon })
        {
            writer.WriteNumber(Name(FieldIndex.Lat), lat);
            writer.WriteNumber(Name(FieldIndex.Lon), lon);
        }

        writer.WriteString(Name(FieldIndex.DeviceId), login.DeviceId);
        writer.WriteString(Name(FieldIndex.ClientVersion), login.ClientVersion);
        writer.WriteString(Name(FieldIndex.Outcome), ContractText.Utf8(login.Outcome));
    }

    private void WriteTrade(TradeEvent trade)
    {
        writer.WriteString(Name(FieldIndex.TradeId), trade.TradeId);
        writer.WriteString(Name(FieldIndex.CounterpartyId), trade.CounterpartyId);
        writer.WriteString(Name(FieldIndex.Channel), ContractText.Utf8(trade.Channel));
        writer.WriteNumber(Name(FieldIndex.GoldDelta), trade.GoldDelta);
        writer.WriteNumber(Name(FieldIndex.GoldBalance), trade.GoldBalance);
        writer.WriteString(Name(FieldIndex.ItemId), trade.ItemId);
        writer.WriteNumber(Name(FieldIndex.ItemDelta), trade.ItemDelta);
        writer.WriteNumber(Name(FieldIndex.ItemValue), trade.ItemValue);
        writer.WriteNumber(Name(FieldIndex.InventoryValue), trade.InventoryValue);
    }

    private static JsonEncodedText Name(FieldIndex field) => Names[(int)field];
}
