namespace Broker.Storage.Segments;

/// <summary>
/// What readers see of a log: its segments and where it ends. Immutable and replaced whole, so that a reader needs no lock.
/// </summary>
/// <param name="Segments">By base offset, never empty; the last is the active one.</param>
/// <param name="EndOffset">The offset that the next record will get.</param>
/// <param name="EndPosition">Bytes of the active segment up to there.</param>
/// <param name="Hints">Known positions of the active segment.</param>
/// <param name="Cuts">Truncations so far.</param>
internal sealed record LogView(LogSegment[] Segments, long EndOffset, int EndPosition, TailHints Hints, int Cuts)
{
    public LogSegment Active => Segments[^1];

    /// <summary>Index of the last segment that starts at or before an offset; -1 where all start after it.</summary>
    public int FloorIndex(long offset)
    {
        if (Active.BaseOffset <= offset)
        {
            return Segments.Length - 1;
        }
        int low = 0;
        int high = Segments.Length - 1;
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            if (Segments[middle].BaseOffset <= offset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }
        return low - 1;
    }

    /// <summary>The offset that follows a segment's last possible one.</summary>
    public long EndOf(int index) => index == Segments.Length - 1 ? EndOffset : Segments[index + 1].BaseOffset;

    /// <summary>Readable bytes of a segment.</summary>
    public int SizeOf(int index) => index == Segments.Length - 1 ? EndPosition : Segments[index].Size;
}
