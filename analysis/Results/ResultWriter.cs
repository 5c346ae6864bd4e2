using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using DuckDB.NET.Data;
using DuckDB.NET.Native;
using Spectre.Console;

namespace Game.Analysis.Results;

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
        Table table = new();
        ResultValues values = new(reader);
        for (int i = 0; i < reader.FieldCount; i++)
        {
            table.AddColumn(new TableColumn(Markup.Escape(reader.GetName(i))));
        }
        int rows = 0;
        for (; reader.Read(); rows++)
        {
            if (rows < MaxTableRows)
            {
                table.AddRow([.. Enumerable.Range(0, reader.FieldCount).Select(i => Markup.Escape(Shown(values[i])))]);
            }
        }

        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        console.Write(table);
        output.WriteLine(rows > MaxTableRows ? $"{rows} rows; the first {MaxTableRows} are shown, --csv gives all" : $"{rows} row{(rows == 1 ? "" : "s")}");
    }

    private static void WriteCsv(DuckDBDataReader reader, TextWriter output)
    {
        ResultValues values = new(reader);
        output.WriteLine(string.Join(',', Enumerable.Range(0, reader.FieldCount).Select(i => Quoted(reader.GetName(i)))));
        while (reader.Read())
        {
            output.WriteLine(string.Join(',', Enumerable.Range(0, reader.FieldCount).Select(i => Quoted(Text(values[i])))));
        }
    }

    private static void WriteJson(DuckDBDataReader reader, TextWriter output)
    {
        ResultValues values = new(reader);
        while (reader.Read())
        {
            using MemoryStream buffer = new();
            using (Utf8JsonWriter json = new(buffer))
            {
                json.WriteStartObject();
                for (int i = 0; i < reader.FieldCount; i++)
                {
                    json.WritePropertyName(reader.GetName(i));
                    WriteJson(json, values[i]);
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
                {
                    WriteJson(json, item);
                }
                json.WriteEndArray();
                break;
            default:
                json.WriteStringValue(Text(value));
                break;
        }
    }

    private static string? Text(object? value) => value switch
    {
        null => null,
        DateTime time => Text(time),
        DateTimeOffset time => Text(time.UtcDateTime),
        DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        TimeOnly time => time.ToString("HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture),
        DuckDBInterval interval => Text(interval),
        Stream blob => Convert.ToHexStringLower(Bytes(blob)),
        byte[] bytes => Convert.ToHexStringLower(bytes),
        IDictionary map => "{" + string.Join(", ", map.Keys.Cast<object>().Select(key => $"{Text(key)}={Shown(map[key])}")) + "}",
        IList list => "[" + string.Join(", ", list.Cast<object?>().Select(Shown)) + "]",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    private static string Shown(object? value) => Text(value) ?? "NULL";

    // What is stored has milliseconds; what is computed may have more.
    private static string Text(DateTime time)
        => time.ToString(time.Ticks % TimeSpan.TicksPerMillisecond == 0 ? "yyyy-MM-dd HH:mm:ss.fff" : "yyyy-MM-dd HH:mm:ss.FFFFFFF",
        CultureInfo.InvariantCulture);

    // A month has no certain number of days, nor a day of hours: the three parts stay apart, as DuckDB shows them.
    private static string Text(DuckDBInterval interval)
    {
        List<string> parts = new();
        Add(interval.Months / 12, "year");
        Add(interval.Months % 12, "month");
        Add(interval.Days, "day");
        long micros = unchecked((long)interval.Micros); // the client's type for it has no sign, DuckDB's has
        if (micros != 0 || parts.Count == 0)
        {
            parts.Add((micros < 0 ? "-" : "") + Clock(Math.Abs((decimal)micros)));
        }
        return string.Join(' ', parts);

        void Add(int count, string unit)
        {
            if (count != 0)
            {
                parts.Add($"{count} {unit}{(Math.Abs(count) == 1 ? "" : "s")}");
            }
        }

        static string Clock(decimal micros)
            => string.Create(CultureInfo.InvariantCulture,
            $"{Math.Floor(micros / 3_600_000_000):00}:{Math.Floor(micros / 60_000_000) % 60:00}:{micros / 1_000_000 % 60:00.######}");
    }

    private static byte[] Bytes(Stream blob)
    {
        using MemoryStream copy = new();
        blob.CopyTo(copy);
        return copy.ToArray();
    }

    // NULL is nothing at all, an empty text is quoted.
    private static string Quoted(string? text)
        => text is null ? ""
        : text.Length > 0 && text.AsSpan().IndexOfAny(",\"\n\r") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
