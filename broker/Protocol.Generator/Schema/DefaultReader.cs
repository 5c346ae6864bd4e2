using System.Globalization;
using Broker.Protocol.Generator.Json;
using Microsoft.CodeAnalysis.CSharp;

namespace Broker.Protocol.Generator.Schema;

/// <summary>Turns a field's default into the C# expression for it.</summary>
internal sealed class DefaultReader(SchemaFile file, FieldType type, bool nullable)
{
    /// <summary>The default where the schema names none: zero, empty, and null for records.</summary>
    private string Natural => type switch
    {
        { IsArray: true } => "[]",
        { Scalar: Scalar.Bool } => "false",
        { Scalar: Scalar.String } => "\"\"",
        { Scalar: Scalar.Bytes } => "[]",
        { Scalar: Scalar.Records } => "null",
        { Scalar: Scalar.Uuid } => "Guid.Empty",
        { Scalar: Scalar.Struct } => "new()",
        _ => "0",
    };

    public string Read(JsonNode? node)
    {
        string? value = node switch
        {
            null => Natural,
            JsonNull when nullable => "null",
            JsonBoolean flag when type is { IsArray: false, Scalar: Scalar.Bool } => flag.Value ? "true" : "false",
            JsonString text when type is { IsArray: false, Scalar: Scalar.String } => SymbolDisplay.FormatLiteral(text.Value, quote: true),
            JsonNumber number => ReadNumber(number.Text),
            _ => null,
        };
        if (value is not null)
        {
            return value;
        }
        file.Report(SchemaErrors.Default, node!.Span, "the default is no value of the field's type");
        return Natural;
    }

    private string? ReadNumber(string text)
    {
        if (type.IsArray)
        {
            return null;
        }
        if (type.Scalar == Scalar.Float64)
        {
            return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double real)
                ? real.ToString("R", CultureInfo.InvariantCulture) + "d" : null;
        }
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value))
        {
            return null;
        }
        bool fits = type.Scalar switch
        {
            Scalar.Int8 => value is >= sbyte.MinValue and <= sbyte.MaxValue,
            Scalar.Int16 => value is >= short.MinValue and <= short.MaxValue,
            Scalar.UInt16 => value is >= 0 and <= ushort.MaxValue,
            Scalar.Int32 => value is >= int.MinValue and <= int.MaxValue,
            Scalar.Int64 => true,
            _ => false,
        };
        return fits ? value.ToString(CultureInfo.InvariantCulture) : null;
    }
}
