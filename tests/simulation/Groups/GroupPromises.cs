namespace Broker.Simulation.Tests.Groups;

/// <summary>A commit: the generation that it was made in, and its offset, which grows with every commit of a history.</summary>
internal readonly record struct Commit(int Generation, long Offset) : IComparable<Commit>
{
    public int CompareTo(Commit other) => Generation != other.Generation ? Generation.CompareTo(other.Generation) : Offset.CompareTo(other.Offset);
}

/// <summary>What a group is promised: in a generation each partition has one owner; a commit that was answered is seen by each later owner.</summary>
internal sealed class GroupPromises(string group)
{
    private readonly Dictionary<(int Generation, int Partition), string> _owners = [];
    private readonly SortedDictionary<int, Commit> _answered = [];
    private long _offset;

    /// <summary>Commits that were answered without an error.</summary>
    public int Commits { get; private set; }

    /// <summary>Offsets that have been read and compared with the commits.</summary>
    public int Fetches { get; private set; }

    /// <summary>Offsets are numbers only: each is greater than all that were committed before.</summary>
    public long NextOffset() => ++_offset;

    /// <summary>The last commit of a partition that was answered so far; null for none.</summary>
    public Commit? Answered(int partition) => _answered.TryGetValue(partition, out Commit commit) ? commit : null;

    /// <summary>
    /// A member has got its assignment. Before the first commit generations may begin anew: a group with neither members nor offsets is deleted when a topic
    /// is.
    /// </summary>
    public void NoteAssignment(int generation, string member, IEnumerable<int> partitions)
    {
        foreach (int partition in Commits > 0 ? partitions : [])
        {
            _owners.TryAdd((generation, partition), member);
            _owners[(generation, partition)].ShouldBe(member, $"partition {partition} has one owner in generation {generation} of {group}");
        }
    }

    /// <summary>A commit was answered without an error.</summary>
    public void NoteAnswer(int partition, Commit commit)
    {
        Commits++;
        if (Answered(partition) is not { } last || commit.CompareTo(last) > 0)
        {
            _answered[partition] = commit;
        }
    }

    /// <summary>An owner has read the committed offset of its partition.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="before">The last commit that was answered when the owner asked.</param>
    /// <param name="read">What it got; null where nothing is committed.</param>
    public void CheckRead(int partition, Commit? before, Commit? read)
    {
        Fetches++;
        bool isThere = before is not { } last || (read is { } found && found.CompareTo(last) >= 0);
        isThere.ShouldBeTrue($"a commit of {group} that was answered is lost: of partition {partition} {read} is read after {before}");
    }
}
