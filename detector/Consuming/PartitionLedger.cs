using Game.Detector.Sending;

namespace Game.Detector.Consuming;

/// <summary>
/// How far one input partition has been read, and which of its outputs are not acknowledged yet. Only the consumer's thread uses it. Invariant: the committed
/// offset is never above the input offset of an unacknowledged output.
/// </summary>
internal sealed class PartitionLedger
{
    private const long Nothing = -1;

    private readonly Queue<Delivery> _pending = new();
    private long _next = Nothing;
    private long _committed = Nothing;

    /// <summary>The offset to be read next; −1 before <see cref="Start"/>.</summary>
    public long Next => _next;

    public bool HasPending => _pending.Count > 0;

    /// <summary>Reading begins at <paramref name="offset"/>, which is the committed offset.</summary>
    public void Start(long offset) => _next = _committed = offset;

    /// <summary>The record at <paramref name="offset"/> has been read, and all its outputs have been added.</summary>
    public void MarkRead(long offset) => _next = offset + 1;

    /// <summary>Adds an output of the record at <paramref name="offset"/>; the offset is not committed before the output is acknowledged.</summary>
    public Delivery AddOutput(long offset)
    {
        Delivery delivery = new(offset);
        _pending.Enqueue(delivery);
        return delivery;
    }

    /// <summary>Gives the offset to commit, and counts it as committed; false where there is nothing new to commit.</summary>
    public bool TryBeginCommit(out long offset)
    {
        DropAcknowledged();
        offset = _pending.TryPeek(out Delivery? oldest) ? oldest.Offset : _next;
        if (_next == Nothing || offset <= _committed)
        {
            return false;
        }
        _committed = offset;
        return true;
    }

    /// <summary>A commit has failed: the next one repeats it.</summary>
    public void ForgetCommit() => _committed = Nothing;

    /// <summary>The outputs that are not acknowledged yet.</summary>
    public IEnumerable<Delivery> Unacknowledged => _pending.Where(delivery => !delivery.IsDone);

    /// <summary>Removes the acknowledged outputs; true if no output is left.</summary>
    public bool DropAcknowledged()
    {
        while (_pending.TryPeek(out Delivery? oldest) && oldest.IsDone)
        {
            _pending.Dequeue();
        }
        return _pending.Count == 0;
    }
}
