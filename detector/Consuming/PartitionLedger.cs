using Game.Detector.Sending;

namespace Game.Detector.Consuming;

/// <summary>
/// How far one input partition has come, and which of its outputs are not acknowledged yet. Belongs to the consumer's thread.
/// Invariant: what is committed never lies beyond an input offset with an unacknowledged output.
/// </summary>
internal sealed class PartitionLedger
{
    private const long Nothing = -1;

    private readonly Queue<Delivery> _pending = new();
    private long _next = Nothing;
    private long _committed = Nothing;

    /// <summary>The offset to be read next, −1 before the partition has begun.</summary>
    public long Next => _next;

    public bool HasPending => _pending.Count > 0;

    /// <summary>Reading begins at <paramref name="offset"/>, up to which all is committed already.</summary>
    public void Start(long offset) => _next = _committed = offset;

    /// <summary>The record at <paramref name="offset"/> was read and all its outputs are expected.</summary>
    public void Pass(long offset) => _next = offset + 1;

    /// <summary>An output of the record at <paramref name="offset"/> is on its way.</summary>
    public Delivery Expect(long offset)
    {
        Delivery delivery = new(offset);
        _pending.Enqueue(delivery);
        return delivery;
    }

    /// <summary>Gives the offset to commit where there is something new, and counts it as committed.</summary>
    public bool TryTakeCommit(out long offset)
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

    /// <summary>A commit failed: the next one has to repeat it.</summary>
    public void ForgetCommit() => _committed = Nothing;

    /// <summary>The outputs that are not acknowledged yet.</summary>
    public IEnumerable<Delivery> Unacknowledged => _pending.Where(delivery => !delivery.IsDone);

    /// <summary>Drops the acknowledged outputs; whether none is left.</summary>
    public bool DropAcknowledged()
    {
        while (_pending.TryPeek(out Delivery? oldest) && oldest.IsDone)
        {
            _pending.Dequeue();
        }
        return _pending.Count == 0;
    }
}
