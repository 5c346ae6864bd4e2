using System.Text.Json;
using Game.Contracts;
using Game.Simulator.World;

namespace Game.Simulator.Load;

/// <summary>The requests of docs/game-server-api.md, as JSON.</summary>
internal sealed class ActionJson(byte[] accountsKey)
{
    /// <summary>A frame of the stream.</summary>
    public void WriteFrame(Utf8JsonWriter json, long number, PendingAction pending)
    {
        json.WriteStartObject();
        json.WriteNumber("n"u8, number);
        json.WriteString("type"u8, pending.Action is LoginAction ? "login"u8 : "trade"u8);
        json.WriteString("idempotency_key"u8, pending.Action.Key);
        WriteFields(json, pending);
        if (pending.Action is LoginAction login)
        {
            json.WriteString("client_address"u8, login.From.Ip);
        }
        json.WriteEndObject();
    }

    /// <summary>A body of <c>POST /v1/sessions</c> or <c>/v1/trades</c>.</summary>
    public void WriteBody(Utf8JsonWriter json, PendingAction pending)
    {
        json.WriteStartObject();
        WriteFields(json, pending);
        json.WriteEndObject();
    }

    private void WriteFields(Utf8JsonWriter json, PendingAction pending)
    {
        if (pending.Action is LoginAction login)
        {
            WriteLogin(json, login);
        }
        else
        {
            WriteTrade(json, (TradeAction)pending.Action, pending);
        }
    }

    private void WriteLogin(Utf8JsonWriter json, LoginAction login)
    {
        json.WriteString("user_id"u8, login.Player.UserId);
        json.WriteString("secret"u8, login.CorrectSecret ? DemoSecrets.For(accountsKey, login.Player.UserId) : "a guess");
        json.WriteString("device_id"u8, login.From.DeviceId);
        json.WriteString("client_version"u8, login.ClientVersion);
    }

    private static void WriteTrade(Utf8JsonWriter json, TradeAction trade, PendingAction pending)
    {
        json.WriteString("channel"u8, ContractText.Utf8(trade.Channel));
        json.WriteString("item_id"u8, trade.ItemId);
        json.WriteNumber("item_value"u8, trade.ItemValue);
        WriteLeg(json, "first"u8, trade.First, pending.FirstToken);
        WriteLeg(json, "second"u8, trade.Second, pending.SecondToken);
    }

    private static void WriteLeg(Utf8JsonWriter json, ReadOnlySpan<byte> name, in TradeLeg leg, string? token)
    {
        json.WriteStartObject(name);
        if (token is null)
        {
            json.WriteString("user_id"u8, leg.Player.UserId);
        }
        else
        {
            json.WriteString("session_token"u8, token);
        }
        json.WriteNumber("gold_delta"u8, leg.GoldDelta);
        json.WriteNumber("gold_balance"u8, leg.GoldBalance);
        json.WriteNumber("item_delta"u8, leg.ItemDelta);
        json.WriteNumber("inventory_value"u8, leg.InventoryValue);
        json.WriteEndObject();
    }

    /// <summary>Reads an answer; <paramref name="number"/> is −1 where it names no request.</summary>
    /// <exception cref="JsonException">It is not an answer.</exception>
    public static Answer ReadAnswer(ReadOnlySpan<byte> utf8, out long number)
    {
        Utf8JsonReader reader = new(utf8);
        number = -1;
        int status = 0;
        bool published = false, locked = false;
        string? token = null, detail = null;
        double retryAfter = 1;
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("n"u8))
            {
                number = reader.Read() && reader.TokenType == JsonTokenType.Number ? reader.GetInt64() : -1;
            }
            else if (reader.ValueTextEquals("status"u8))
            {
                status = reader.Read() && reader.TokenType == JsonTokenType.Number ? reader.GetInt32() : 0;
            }
            else if (reader.ValueTextEquals("session_token"u8))
            {
                token = reader.Read() ? reader.GetString() : null;
            }
            else if (reader.ValueTextEquals("detail"u8))
            {
                detail = reader.Read() ? reader.GetString() : null;
            }
            else if (reader.ValueTextEquals("outcome"u8))
            {
                locked = reader.Read() && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals(ContractText.Utf8(LoginOutcome.Locked));
            }
            else if (reader.ValueTextEquals("retry_after"u8))
            {
                retryAfter = reader.Read() && reader.TokenType == JsonTokenType.Number ? reader.GetDouble() : 1;
            }
            else
            {
                published |= reader.ValueTextEquals("event_id"u8) | reader.ValueTextEquals("event_ids"u8) | !reader.Read();
            }
            reader.Skip();
        }

        return new Answer(status, published, token, retryAfter, detail, locked);
    }
}
