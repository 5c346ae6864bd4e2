using System.Globalization;
using System.Text;

namespace Broker.Server.Config;

/// <summary>The syntax of Java's properties files: comments, <c>=</c>, <c>:</c> or blanks between key and value, escapes, continued lines.</summary>
internal static class PropertiesFile
{
    /// <summary>Reads all pairs in order; a later one of the same key follows an earlier one.</summary>
    /// <exception cref="ConfigException">A \u escape without four hexadecimal digits.</exception>
    public static List<KeyValuePair<string, string>> Parse(string text)
    {
        List<KeyValuePair<string, string>> pairs = new();
        using StringReader lines = new(text);
        while (LogicalLine(lines) is { } line)
        {
            int keyEnd = KeyEnd(line);
            pairs.Add(new(Unescape(line[..keyEnd]), Unescape(line[ValueStart(line, keyEnd)..])));
        }

        return pairs;
    }

    /// <summary>The next line that is neither blank nor a comment, joined with those that it continues on; null at the end.</summary>
    private static string? LogicalLine(StringReader lines)
    {
        while (lines.ReadLine() is { } first)
        {
            string line = first.TrimStart(' ', '\t', '\f');
            if (line.Length == 0 || line[0] is '#' or '!')
            {
                continue;
            }
            while (EndsInContinuation(line))
            {
                line = line[..^1];
                if (lines.ReadLine() is not { } next)
                {
                    break;
                }
                line += next.TrimStart(' ', '\t', '\f');
            }

            return line;
        }

        return null;
    }

    /// <summary>An odd number of backslashes at the end: an even one is that many halves of escaped backslashes.</summary>
    private static bool EndsInContinuation(string line) => (line.Length - line.AsSpan().TrimEnd('\\').Length) % 2 == 1;

    private static int KeyEnd(string line)
    {
        int i = 0;
        while (i < line.Length && line[i] is not ('=' or ':' or ' ' or '\t' or '\f'))
        {
            i += line[i] == '\\' ? 2 : 1;
        }
        return Math.Min(i, line.Length);
    }

    private static int ValueStart(string line, int keyEnd)
    {
        int i = SkipBlanks(line, keyEnd);
        return i < line.Length && line[i] is '=' or ':' ? SkipBlanks(line, i + 1) : i;
    }

    private static int SkipBlanks(string line, int i)
    {
        while (i < line.Length && line[i] is ' ' or '\t' or '\f')
        {
            i++;
        }
        return i;
    }

    private static string Unescape(string text)
    {
        if (!text.Contains('\\'))
        {
            return text;
        }
        StringBuilder plain = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                if (text[i] != '\\')
                {
                    plain.Append(text[i]);
                }
                continue;
            }

            plain.Append(text[++i] == 'u' ? CodeUnit(text, ref i) : Escaped(text[i]));
        }

        return plain.ToString();
    }

    private static char Escaped(char letter) => letter switch { 't' => '\t', 'n' => '\n', 'r' => '\r', 'f' => '\f', _ => letter };

    private static char CodeUnit(string text, ref int i)
    {
        if (i + 4 >= text.Length || !ushort.TryParse(text.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort unit))
        {
            throw new ConfigException(
                $"The properties file has a \\u escape without four hexadecimal digits in '{text}'; write it as \\u0041 or double the backslash.");
        }

        i += 4;
        return (char)unit;
    }
}
