using System.Globalization;

namespace Load;

/// <summary>The result of comparing a log with what its writers and readers know: counts of records, and the first faults in words.</summary>
public sealed class Verdict
{
    private const int MaxFaults = 20;
    private readonly List<string> _faults = [];

    public long Acknowledged { get; set; }

    public long Unanswered { get; set; }

    public long Read { get; set; }

    public int Lost { get; private set; }

    public int Duplicated { get; private set; }

    public int Reordered { get; private set; }

    public int TakenBack { get; private set; }

    /// <summary>Records that a producer without idempotence has repeated: allowed.</summary>
    public int Repeated { get; set; }

    /// <summary>Other faults, as gaps between offsets.</summary>
    public int Others { get; private set; }

    public void AddLost(string fault) => Lost += Add(fault);

    public void AddDuplicated(string fault) => Duplicated += Add(fault);

    public void AddReordered(string fault) => Reordered += Add(fault);

    public void AddTakenBack(string fault) => TakenBack += Add(fault);

    public void AddOther(string fault) => Others += Add(fault);

    /// <summary>Fails the test, with the first faults, unless there is none.</summary>
    public void ShouldBeClean() => _faults.ShouldBeEmpty(ToString());

    public override string ToString() => string.Join(", ",
        string.Create(CultureInfo.InvariantCulture, $"{Acknowledged:N0} records acknowledged and {Read:N0} read"),
        $"{Lost} lost", $"{Duplicated} duplicated", $"{Reordered} reordered", $"{TakenBack} read and taken back", $"{Others} other faults",
        $"{Unanswered} sends unanswered", $"{Repeated} repeated by producers without idempotence");

    private int Add(string fault)
    {
        if (_faults.Count < MaxFaults)
        {
            _faults.Add(fault);
        }
        return 1;
    }
}
