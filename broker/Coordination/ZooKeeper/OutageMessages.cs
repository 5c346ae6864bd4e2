namespace Broker.Coordination.ZooKeeper;

/// <summary>
/// While no server can be reached, the C client logs every attempt, several a second, in the same words. This tells the first of them from repetitions.
/// From any thread.
/// </summary>
internal sealed class OutageMessages
{
    /// <summary>Different messages that are remembered; an outage has about five.</summary>
    private const int Capacity = 64;

    private readonly Lock _gate = new();
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    /// <summary>Whether a message has not been seen since the last <see cref="Clear"/>; now it has.</summary>
    internal bool IsNew(string message)
    {
        lock (_gate)
        {
            if (_seen.Count >= Capacity)
            {
                _seen.Clear();
            }
            return _seen.Add(message);
        }
    }

    /// <summary>The outage has ended: the next one is logged again.</summary>
    internal void Clear()
    {
        lock (_gate)
        {
            _seen.Clear();
        }
    }
}
