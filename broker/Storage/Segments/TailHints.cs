namespace Broker.Storage.Segments;

/// <summary>
/// Where batches of the active segment start: the last few appended, and where the last few readers stopped. A consumer at the log's end asks for exactly
/// such an offset, so that it finds its position without touching index or log. An entry is one 64-bit word (offset less base, position), so that
/// reading and writing need no lock; a new object is made when the segment rolls or is cut, so that no entry outlives what it describes.
/// </summary>
internal sealed class TailHints(LogSegment segment)
{
    /// <summary>Positions kept of the last appended batches.</summary>
    private const int Appended = 16;

    /// <summary>Positions kept of readers that are further behind.</summary>
    private const int Stopped = 8;

    private readonly long[] _words = NewWords();
    private int _appends;
    private int _stops;

    public LogSegment Segment => segment;

    /// <summary>Notes where a batch starts; called by the appender.</summary>
    public void NoteAppend(long offset, int position)
    {
        Volatile.Write(ref _words[_appends], Word(offset, position));
        _appends = (_appends + 1) % Appended;
    }

    /// <summary>Notes where a reader stopped: it asks for this offset next.</summary>
    public void NoteStop(long offset, int position)
    {
        long word = Word(offset, position);
        foreach (ref long known in _words.AsSpan())
        {
            if (Volatile.Read(ref known) == word)
            {
                return;
            }
        }
        uint slot = (uint)Interlocked.Increment(ref _stops) % Stopped;
        Volatile.Write(ref _words[Appended + slot], word);
    }

    /// <summary>The position of the batch that starts with an offset; -1 where it is not known.</summary>
    public int Find(long offset)
    {
        long relative = offset - segment.BaseOffset;
        foreach (ref long known in _words.AsSpan())
        {
            long word = Volatile.Read(ref known);
            if (word >> 32 == relative)
            {
                return (int)word;
            }
        }
        return -1;
    }

    private long Word(long offset, int position) => ((offset - segment.BaseOffset) << 32) | (uint)position;

    private static long[] NewWords()
    {
        long[] unknown = new long[Appended + Stopped];
        Array.Fill(unknown, -1L);
        return unknown;
    }
}
