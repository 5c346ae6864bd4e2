using Broker.Coordination.Embedded;

namespace Broker.Coordination.Tests;

/// <summary>A journal whose file the test holds in its hand.</summary>
internal sealed class MemoryJournalStore : IJournalStore
{
    public byte[] Content { get; set; } = [];

    public List<int> AppendedAt { get; } = [];

    public int Replaced { get; private set; }

    /// <summary>Half of what is appended is written, and what is to replace everything does not fit.</summary>
    public bool IsFull { get; set; }

    /// <summary>Not even a cut is possible.</summary>
    public bool IsStuck { get; set; }

    /// <summary>There is room for what is appended, not for another whole file.</summary>
    public bool IsTight { get; set; }

    public byte[] ReadAll() => Content;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (IsFull)
        {
            Content = [.. Content, .. bytes[..(bytes.Length / 2)]];
            throw new IOException("No space left");
        }

        AppendedAt.Add(Content.Length);
        Content = [.. Content, .. bytes];
    }

    public void Truncate(long length)
    {
        if (IsStuck)
        {
            throw new IOException("No space left");
        }
        Content = Content[..(int)length];
    }

    public void Replace(ReadOnlySpan<byte> bytes)
    {
        if (IsTight || IsFull)
        {
            throw new IOException("No space left");
        }
        Content = bytes.ToArray();
        AppendedAt.Clear();
        Replaced++;
    }

    public void Dispose()
    {
    }
}
