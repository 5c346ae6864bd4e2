namespace Broker.Protocol.Records;

/// <summary>Who sets the timestamps of a batch's records: attribute bit 3.</summary>
public enum TimestampType : byte
{
    /// <summary>The producer; every record has its own.</summary>
    CreateTime = 0,

    /// <summary>The broker; every record has the batch's maximum timestamp.</summary>
    LogAppendTime = 1,
}

/// <summary>What <see cref="BatchInfo.TryRead"/> found at the start of the bytes.</summary>
public enum BatchReadResult
{
    /// <summary>A whole v2 header; the batch's records may still lie beyond the given bytes.</summary>
    Ok,

    /// <summary>Fewer bytes than the header needs.</summary>
    Incomplete,

    /// <summary>Magic 0 or 1: base offset, size and magic are filled, nothing else.</summary>
    OldFormat,

    /// <summary>A length or magic that no batch has.</summary>
    Corrupt,
}

/// <summary>The types of control records that the broker knows (KIP-98); others are ignored by readers.</summary>
public enum ControlRecordType : short
{
    /// <summary>The transaction was aborted.</summary>
    Abort = 0,

    /// <summary>The transaction was committed.</summary>
    Commit = 1,
}
