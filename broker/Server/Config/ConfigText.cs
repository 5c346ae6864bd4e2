using System.Globalization;

namespace Broker.Server.Config;

/// <summary>Parses the text of settings' values; null where a text is not a value of the type.</summary>
internal static class ConfigText
{
    public static object? Boolean(string text) =>
        text.Equals("true", StringComparison.OrdinalIgnoreCase) ? true : text.Equals("false", StringComparison.OrdinalIgnoreCase) ? false : null;

    public static object? Int(string text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number : null;

    public static object? Short(string text)
        => short.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out short number) ? number : null;

    public static object? Long(string text)
        => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : null;

    public static object? Double(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : null;

    /// <summary>Comma-separated, trimmed; the empty text is the empty list.</summary>
    public static string[] List(string text) => text.Length == 0 ? [] : text.Split(',', StringSplitOptions.TrimEntries);
}
