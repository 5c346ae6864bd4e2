using System.Text.Encodings.Web;
using System.Text.Json;
using Game.Contracts;

namespace Game.Analysis.Results;

/// <summary>Texts as JSON has them: letters of all languages as they are, control characters escaped.</summary>
internal static class JsonText
{
    /// <summary>A text in quotes.</summary>
    public static string Of(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    /// <summary>The same line of JSON without characters that command a terminal: JSON itself asks for the escape of some only.</summary>
    public static string Line(string json) => VisibleText.Escape(json);

    /// <summary>The names of an object: of two that are the same the second one would hide the first, so it gets a number.</summary>
    public static IReadOnlyList<string> Distinct(IReadOnlyList<string> names)
    {
        HashSet<string> used = [.. names];
        HashSet<string> given = [];
        return [.. names.Select(name => given.Add(name) ? name : Numbered(name, used))];
    }

    private static string Numbered(string name, HashSet<string> used)
    {
        int number = 1;
        while (!used.Add($"{name}_{number}"))
        {
            number++;
        }

        return $"{name}_{number}";
    }
}
