using Game.Contracts;

namespace Game.GameServer.Actions;

/// <summary>The sender's key of an action.</summary>
internal static class IdempotencyKeys
{
    private const int Length = 36;

    /// <summary>Reads a UUID version 7; quotation marks around it (a structured header's string) are allowed. The last bit, which names the side, is
    /// cleared.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Guid key)
    {
        if (text.Length == Length + 2 && text[0] == '"' && text[^1] == '"')
        {
            text = text[1..^1];
        }
        if (text.Length != Length || !Guid.TryParseExact(text, "D", out key) || !EventIds.IsUuidV7(key))
        {
            key = default;
            return false;
        }

        key = EventIds.ForSide(key, TradeSide.First);
        return true;
    }
}
