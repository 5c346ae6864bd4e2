using System.Text;

namespace Game.HdfsSink.Rows;

/// <summary>One line of a table: a record's value decoded, and what every table has beside it.</summary>
/// <typeparam name="T">The topic's decoded value.</typeparam>
internal sealed class Row<T>(RawRecord record, T? value, string? extra)
    where T : class
{
    /// <summary>9999-12-31T23:59:59.999Z in epoch milliseconds: the last moment a timestamp column can hold.</summary>
    private const long LastMoment = Contracts.ContractLimits.MaxTimestamp;

    /// <summary>Null for a tombstone, and where the value could not be decoded.</summary>
    public T? Value => value;

    public string? Extra => extra;

    public int Partition => record.Partition;

    public long Offset => record.Offset;

    public string? Key => record.Key is null ? null : Encoding.UTF8.GetString(record.Key);

    public bool IsDeleted => record.Value is null;

    /// <summary>The value's bytes, only where they could not be decoded.</summary>
    public byte[]? Raw => value is null ? record.Value : null;

    /// <summary>The record's timestamp, kept within what a column can hold.</summary>
    public long AppendedAt => Math.Clamp(record.AppendedAt, 0, LastMoment);
}
