namespace Broker.Coordination.Embedded;

/// <summary>The one file of a journal. Every write is durable when it returns; errors are <see cref="IOException"/>. One caller at a time.</summary>
internal interface IJournalStore : IDisposable
{
    /// <summary>The whole file; empty when there is none yet.</summary>
    byte[] ReadAll();

    /// <summary>Appends at the end. When it fails, a part may have been written.</summary>
    void Append(ReadOnlySpan<byte> bytes);

    /// <summary>Cuts what lies at or after a position.</summary>
    void Truncate(long length);

    /// <summary>Puts new content in the file's place: after a crash there is the old one or the new one. When it fails, the old one stands.</summary>
    void Replace(ReadOnlySpan<byte> bytes);
}
