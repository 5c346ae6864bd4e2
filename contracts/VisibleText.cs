using System.Buffers;
using System.Globalization;
using System.Text;

namespace Game.Contracts;

/// <summary>
/// Makes text of players and records safe to show on a terminal, on a page or in a log line. A terminal obeys control characters: they set its title, move the
/// cursor, hide text. So each of them is replaced by its escape; all other characters stay.
/// </summary>
public static class VisibleText
{
    // C0, delete and C1; the marks that change the direction of the text after them; the line and paragraph separators; halves of a surrogate pair, which no
    // encoding can hold alone.
    private static readonly SearchValues<char> Suspects = SearchValues.Create(
        [.. Enumerable.Range(0, char.MaxValue + 1).Select(code => (char)code).Where(c => char.IsControl(c) || char.IsSurrogate(c) || IsMark(c))]);

    /// <summary>The text in one line; control characters are written as <c>\n</c>, <c>\r</c>, <c>\t</c>, <c>\u001b</c>.</summary>
    public static string Escape(string text) => Escape(text, keepLines: false);

    /// <summary>The same, but line ends stay: for text of several lines.</summary>
    public static string EscapeLines(string text) => Escape(text, keepLines: true);

    private static string Escape(string text, bool keepLines)
    {
        if (text.AsSpan().IndexOfAny(Suspects) < 0)
        {
            return text;
        }

        StringBuilder escaped = new(text.Length + 16);
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                escaped.Append(text, i++, 2);
            }
            else if ((keepLines && text[i] == '\n') || !Suspects.Contains(text[i]))
            {
                escaped.Append(text[i]);
            }
            else
            {
                escaped.Append(Escaped(text[i]));
            }
        }

        return escaped.ToString();
    }

    private static bool IsMark(char c) => c is '\u200e' or '\u200f' or '\u061c' or (>= '\u2028' and <= '\u202e') or (>= '\u2066' and <= '\u2069') or '\ufeff';

    private static string Escaped(char c) => c switch
    {
        '\n' => @"\n",
        '\r' => @"\r",
        '\t' => @"\t",
        _ => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
    };
}
