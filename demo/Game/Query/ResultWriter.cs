using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using DuckDB.NET.Data;
using Spectre.Console;

namespace Game.Cli.Query;

/// <summary>The form of a result.</summary>
internal enum ResultFormat
{
    Table,
    Csv,
    Json,
}

/// <summary>Writes a result as a table for people, or as CSV or JSON lines for pipes.</summary>
internal static class ResultWriter
{
    /// <summary>Rows of a table for people; more than a screen or two is for pipes.</summary>
    private const int MaxTableRows = 200;

    public static void Write(DuckDBDataReader reader, ResultFormat format, TextWriter output)
    {
        switch (format)
        {
            case ResultFormat.Csv:
                WriteCsv(reader, output);
                break;
            case ResultFormat.Json:
                WriteJson(reader, output);
                break;
            default:
                WriteTable(reader, output);
                break;
        }
    }

    private static void WriteTable(DuckDBDataReader reader, TextWriter output)
    {
        var table = new Table();
        for (int i = 0; i < reader.FieldCount; i++)
            table.AddColumn(new TableColumn(Markup.Escape(reader.GetName(i))));
        int rows = 0;
        for (; reader.Read(); rows++)
        {
            if (rows < MaxTableRows)
                table.AddRow([.. Enumerable.Range(0, reader.FieldCount).Select(i => Markup.Escape(Text(Value(reader, i)) ?? "NULL"))]);
        }

        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        console.Write(table);
        output.WriteLine(rows > MaxTableRows ? $"{rows} rows; the first {MaxTableRows} are shown, --csv gives all" : $"{rows} row{(rows == 1 ? "" : "s")}");
    }

    private static void WriteCsv(DuckDBDataReader reader, TextWriter output)
    {
        output.WriteLine(string.Join(',', Enumerable.Range(0, reader.FieldCount).Select(i => Quoted(reader.GetName(i)))));
        while (reader.Read())
            output.WriteLine(string.Join(',', Enumerable.Range(0, reader.FieldCount).Select(i => Quoted(Text(Value(reader, i)) ?? ""))));
    }

    private static void WriteJson(DuckDBDataReader reader, TextWriter output)
    {
        while (reader.Read())
        {
            using var buffer = new MemoryStream();
            using (var json = new Utf8JsonWriter(buffer))
            {
                json.WriteStartObject();
                for (int i = 0; i < reader.FieldCount; i++)
                {
                    json.WritePropertyName(reader.GetName(i));
                    WriteJson(json, Value(reader, i));
                }

                json.WriteEndObject();
            }

            output.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.ToArray()));
        }
    }

    private static void WriteJson(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case double number when double.IsFinite(number):
                json.WriteNumberValue(number);
                break;
            case float number when float.IsFinite(number):
                json.WriteNumberValue(number);
                break;
            case sbyte or byte or short or ushort or int or uint or long or ulong or decimal or BigInteger:
                json.WriteRawValue(Text(value)!, skipInputValidation: true); // as long as it is: a reader of JSON decides what it can hold
                break;
            case IDictionary map:
                json.WriteStartObject();
                foreach (DictionaryEntry entry in map)
                {
                    json.WritePropertyName(Text(entry.Key) ?? "");
                    WriteJson(json, entry.Value);
                }

                json.WriteEndObject();
                break;
            case IList list and not byte[]:
                json.WriteStartArray();
                foreach (object? item in list)
                    WriteJson(json, item);
                json.WriteEndArray();
                break;
            default:
                json.WriteStringValue(Text(value));
                break;
        }
    }

    private static object? Value(DuckDBDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetValue(column);

    private static string? Text(object? value) => value switch
    {
        null => null,
        DateTime time => time.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture),
        DateTimeOffset time => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture),
        DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        Stream blob => Convert.ToHexStringLower(Bytes(blob)),
        byte[] bytes => Convert.ToHexStringLower(bytes),
        IDictionary map => "{" + string.Join(", ", map.Keys.Cast<object>().Select(key => $"{Text(key)}={Text(map[key])}")) + "}",
        IList list => "[" + string.Join(", ", list.Cast<object?>().Select(Text)) + "]",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    private static byte[] Bytes(Stream blob)
    {
        using var copy = new MemoryStream();
        blob.CopyTo(copy);
        return copy.ToArray();
    }

    private static string Quoted(string text) => text.AsSpan().IndexOfAny(",\"\n\r") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
