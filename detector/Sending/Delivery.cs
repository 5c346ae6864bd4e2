namespace Game.Detector.Sending;

/// <summary>A record that must be acknowledged before the input offset it came from may be committed. Completed by the producer's thread, read by the
/// consumer's.</summary>
internal sealed class Delivery(long offset)
{
    private volatile bool _done;

    /// <summary>The input offset that waits for it.</summary>
    public long Offset { get; } = offset;

    public bool IsDone => _done;

    public void Complete() => _done = true;
}
