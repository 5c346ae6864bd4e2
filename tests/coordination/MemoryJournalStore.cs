using Broker.Coordination.Embedded;

namespace Broker.Coordination.Tests;

/// <summary>A journal whose file the test holds in its hand.</summary>
internal sealed class MemoryJournalStore : IJournalStore
{
    public byte[] Content { get; set; } = [];

    public List<int> AppendedAt { get; } = [];

    public int Replaced { get; private set; }

    public bool IsFull { get; set; }

    public byte[] ReadAll() => Content;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (IsFull)
            throw new IOException("No space left");
        AppendedAt.Add(Content.Length);
        Content = [.. Content, .. bytes];
    }

    public void Truncate(long length) => Content = Content[..(int)length];

    public void Replace(ReadOnlySpan<byte> bytes)
    {
        Content = bytes.ToArray();
        AppendedAt.Clear();
        Replaced++;
    }

    public void Dispose()
    {
    }
}
