using System.Globalization;

namespace Load;

/// <summary>Which record it is: its writer and the number that the writer gave it.</summary>
public readonly record struct RecordId(string Writer, int Number)
{
    /// <summary>
    /// Reads the value of a record: <c>WRITER:NUMBER:PADDING</c> as <see cref="NumberedProducer"/> writes it, or <c>WRITER.NUMBER</c> as Apache's producer
    /// does.
    /// </summary>
    /// <returns>False where the value is neither, or is damaged.</returns>
    public static bool TryParse(string value, out RecordId record)
    {
        record = default;
        int end = value.AsSpan().IndexOfAny(':', '.');
        if (end <= 0)
        {
            return false;
        }
        ReadOnlySpan<char> rest = value.AsSpan(end + 1);
        bool isPadded = value[end] == ':';
        int digits = isPadded ? rest.IndexOf(':') : rest.Length;
        if (digits <= 0 || !int.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            return false;
        }
        record = new RecordId(string.Intern(value[..end]), number);
        return !isPadded || value == NumberedProducer.Value(record.Writer, number);
    }
}
