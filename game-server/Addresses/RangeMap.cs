using System.Numerics;

namespace Game.GameServer.Addresses;

/// <summary>One prefix: the numbers from <paramref name="Start"/> to <paramref name="End"/>, both included, and the row it stands for.</summary>
internal readonly record struct PrefixRange<T>(T Start, T End, int Row);

/// <summary>
/// Prefixes flattened into adjoining ranges, each with the row of its longest prefix: a lookup is one binary search over plain numbers. Immutable.
/// </summary>
internal sealed class RangeMap<T>
    where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
{
    public const int NoRow = -1;

    private readonly T[] _starts;
    private readonly int[] _rows;

    /// <param name="prefixes">Each prefix once; two of them are disjoint or one contains the other.</param>
    public RangeMap(List<PrefixRange<T>> prefixes)
    {
        // A prefix comes before those that it contains.
        prefixes.Sort(static (a, b) => a.Start != b.Start ? a.Start.CompareTo(b.Start) : b.End.CompareTo(a.End));
        Flattening flat = new();
        foreach (PrefixRange<T> prefix in prefixes)
        {
            flat.Open(prefix);
        }
        flat.CloseAll();
        _starts = [.. flat.Starts];
        _rows = [.. flat.Rows];
    }

    public int Find(T number)
    {
        int low = 0, high = _starts.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_starts[middle] <= number)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low == 0 ? NoRow : _rows[low - 1];
    }

    private sealed class Flattening
    {
        private readonly Stack<PrefixRange<T>> _open = new();

        public List<T> Starts { get; } = [];

        public List<int> Rows { get; } = [];

        public void Open(PrefixRange<T> prefix)
        {
            while (_open.TryPeek(out PrefixRange<T> inner) && inner.End < prefix.Start)
            {
                Close();
            }
            _open.Push(prefix);
            Emit(prefix.Start, prefix.Row);
        }

        public void CloseAll()
        {
            while (_open.Count > 0)
            {
                Close();
            }
        }

        private void Close()
        {
            T end = _open.Pop().End;
            if (end != T.MaxValue)
            {
                Emit(end + T.One, _open.TryPeek(out PrefixRange<T> outer) ? outer.Row : NoRow);
            }
        }

        private void Emit(T start, int row)
        {
            if (Starts.Count > 0 && Starts[^1] == start)
            {
                Rows[^1] = row;
                return;
            }

            Starts.Add(start);
            Rows.Add(row);
        }
    }
}
