using System.Text.Encodings.Web;
using System.Text.Json;
using Game.Contracts;

namespace Game.Analysis.Results;

/// <summary>Writes texts as JSON: letters of all languages without escapes, control characters escaped.</summary>
internal static class JsonText
{
    /// <summary>Writes a text in quotes.</summary>
    public static string Of(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    /// <summary>Escapes all characters in a line of JSON that control a terminal; JSON itself requires this only for some.</summary>
    public static string Line(string json) => VisibleText.Escape(json);

    /// <summary>Makes the names of an object's fields unique: where two columns have the same name, the second gets a number.</summary>
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
