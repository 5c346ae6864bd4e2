namespace Broker.Protocol;

/// <summary>
/// Record batches that a response carries. Those in memory are copied into the response's bytes; any other kind is noted by the
/// <see cref="ProtocolWriter"/> and streamed in its place by the sender, which disposes of it afterwards, sent or not.
/// </summary>
public abstract class RecordsPayload : IDisposable
{
    /// <summary>The number of bytes; never changes.</summary>
    public abstract int Length { get; }

    /// <summary>Gives back what the payload holds; may be called more than once.</summary>
    public virtual void Dispose() => GC.SuppressFinalize(this);
}

/// <summary>Record batches in memory.</summary>
public sealed class MemoryRecords(ReadOnlyMemory<byte> memory) : RecordsPayload
{
    /// <summary>The bytes; where they were read from a frame, they point into it.</summary>
    public ReadOnlyMemory<byte> Memory { get; } = memory;

    /// <inheritdoc/>
    public override int Length => Memory.Length;
}
