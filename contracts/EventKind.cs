using System.Text;

namespace Game.Contracts;

/// <summary>The <c>type</c> of an event.</summary>
public enum EventKind : byte
{
    Login,
    Trade,
}

/// <summary>A set of kinds of event.</summary>
[Flags]
public enum EventKinds : byte
{
    None = 0,
    Login = 1,
    Trade = 2,
    Both = Login | Trade,
}

/// <summary>How a login ended.</summary>
public enum LoginOutcome : byte
{
    Ok,
    BadPassword,
    Locked,
}

/// <summary>The kind of trade.</summary>
public enum TradeChannel : byte
{
    Direct,
    Auction,
    Mail,
    GuildBank,
}

/// <summary>The side of a trade that an event belongs to; the last bit of its event id.</summary>
public enum TradeSide : byte
{
    First,
    Second,
}

/// <summary>The contract's spelling of the enumerations.</summary>
public static class ContractText
{
    private static readonly string[] OutcomeTexts = ["ok", "bad-password", "locked"];
    private static readonly string[] ChannelTexts = ["direct", "auction", "mail", "guild-bank"];
    private static readonly byte[][] Outcomes = [.. OutcomeTexts.Select(Encoding.UTF8.GetBytes)];
    private static readonly byte[][] Channels = [.. ChannelTexts.Select(Encoding.UTF8.GetBytes)];

    public static string Of(LoginOutcome outcome) => OutcomeTexts[(int)outcome];

    public static string Of(TradeChannel channel) => ChannelTexts[(int)channel];

    public static ReadOnlySpan<byte> Utf8(LoginOutcome outcome) => Outcomes[(int)outcome];

    public static ReadOnlySpan<byte> Utf8(TradeChannel channel) => Channels[(int)channel];

    public static bool TryParse(ReadOnlySpan<byte> text, out LoginOutcome outcome)
    {
        int index = IndexOf(Outcomes, text);
        outcome = (LoginOutcome)Math.Max(index, 0);
        return index >= 0;
    }

    public static bool TryParse(ReadOnlySpan<byte> text, out TradeChannel channel)
    {
        int index = IndexOf(Channels, text);
        channel = (TradeChannel)Math.Max(index, 0);
        return index >= 0;
    }

    private static int IndexOf(byte[][] names, ReadOnlySpan<byte> text)
    {
        for (int i = 0; i < names.Length; i++)
        {
            if (text.SequenceEqual(names[i]))
            {
                return i;
            }
        }

        return -1;
    }
}
