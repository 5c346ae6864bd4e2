using Game.Contracts;

namespace Game.GameServer.Actions;

/// <summary>The sender's key of an action.</summary>
internal static class IdempotencyKeys
{
    private const int Length = 36;

    /// <summary>
    /// Reads a UUID version 7, with or without quotation marks (the string of a structured header). Clears its last bit, which names the side of a trade in
    /// event ids.
    /// </summary>
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
