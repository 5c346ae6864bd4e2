using System.Text;

namespace Game.HdfsSink.Rows;

/// <summary>One row of a table: the decoded value of a record, and the columns that every table has.</summary>
/// <typeparam name="T">The topic's decoded value.</typeparam>
internal sealed class Row<T>(RawRecord record, T? value, string? extra)
    where T : class
{
    /// <summary>9999-12-31T23:59:59.999Z in epoch milliseconds: the last time that a timestamp column can hold.</summary>
    private const long LastMoment = Contracts.ContractLimits.MaxTimestamp;

    /// <summary>The decoded value; null for a tombstone, and where decoding failed.</summary>
    public T? Value => value;

    public string? Extra => extra;

    public int Partition => record.Partition;

    public long Offset => record.Offset;

    public string? Key => record.Key is null ? null : Encoding.UTF8.GetString(record.Key);

    public bool IsDeleted => record.Value is null;

    /// <summary>The value's bytes where decoding failed; otherwise null.</summary>
    public byte[]? Raw => value is null ? record.Value : null;

    /// <summary>The record's timestamp, limited to the range of a timestamp column.</summary>
    public long AppendedAt => Math.Clamp(record.AppendedAt, 0, LastMoment);
}
