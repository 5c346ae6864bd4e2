namespace Game.Detector.Sending;

/// <summary>
/// A record that must be acknowledged before the input offset that it came from may be committed. The producer's thread completes it, the consumer's reads it.
/// </summary>
internal sealed class Delivery(long offset)
{
    private volatile bool _done;

    /// <summary>The input offset that is not committed before the acknowledgement.</summary>
    public long Offset { get; } = offset;

    public bool IsDone => _done;

    public void Complete() => _done = true;
}
