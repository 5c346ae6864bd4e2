using Load;

namespace Faults.Tests.Brokers;

/// <summary>The check finds each kind of fault, and nothing where there is none.</summary>
public sealed class LogCheckTests
{
    private const string Idempotent = "i", Repeating = "r";

    [Fact]
    public void A_log_without_fault_is_clean() => Check("i0 i1 r0 i2", "i0@0 i1@1 i2@3 r0@2", "i0 i1 r0").ShouldBe("0 0 0 0 0");

    [Fact]
    public void An_acknowledged_record_that_is_not_there_is_lost() => Check("i0 i1", "i0@0 i1@1 i2@2 r0@3").ShouldBe("2 0 0 0 0");

    [Fact]
    public void A_record_of_an_idempotent_producer_that_is_there_twice_is_duplicated() => Check("i0 i1 i0", "i0@0 i1@1").ShouldBe("0 1 0 0 0");

    [Fact]
    public void A_record_of_a_producer_without_idempotence_may_be_there_twice() => Check("r0 r1 r0", "r0@2 r1@1").ShouldBe("0 0 0 0 0");

    [Theory]
    [InlineData("i1 i0", "i0@1 i1@0")] // in the log
    [InlineData("i0 i1", "i0@0 i1@5")] // acknowledged at another place
    public void A_record_out_of_order_is_reordered(string log, string acknowledged) => Check(log, acknowledged).ShouldBe("0 0 1 0 0");

    [Fact]
    public void A_record_may_be_acknowledged_after_a_later_one() => Check("i0 i1", "i1@1 i0@0").ShouldBe("0 0 0 0 0");

    [Theory]
    [InlineData("i0 i1", "i0 i2")]
    [InlineData("i0", "i0 i1")]
    public void A_record_that_was_read_and_is_not_there_is_taken_back(string log, string read)
        => Check(log, string.Join(' ', log.Split(' ').Select((record, offset) => $"{record}@{offset}")), read).ShouldBe("0 0 0 1 0");

    [Theory]
    [InlineData(0, "0 0 0 0 1")]
    [InlineData(1, "0 0 0 0 0")]
    public void A_record_that_was_not_acknowledged_is_there_only_where_a_send_was_not_answered(int unanswered, string faults)
        => Check("i0 r0", "i0@0", unanswered: unanswered).ShouldBe(faults);

    [Fact]
    public void A_reader_that_skips_a_record_or_reads_another_one_says_so()
    {
        Readings readings = new("reader");
        readings.Note(0, 0, "4.0").ShouldBeTrue();
        readings.Note(0, 0, "4.0").ShouldBeFalse();
        readings.Failure.ShouldBeNull();
        readings.Note(0, 0, "4.1").ShouldBeFalse();
        readings.Failure.ShouldNotBeNull().ShouldContain("where it has read");
        Readings skipping = new("reader");
        skipping.Note(0, 1, NumberedProducer.Value("p", 1)).ShouldBeFalse();
        skipping.Failure.ShouldNotBeNull().ShouldContain("must read offset 0");
        Readings damaged = new("reader");
        damaged.Note(0, 0, NumberedProducer.Value("p", 1) + "!").ShouldBeFalse();
        damaged.Failure.ShouldNotBeNull().ShouldContain("no writer's record");
    }

    /// <summary>Counts of lost, duplicated, reordered, taken back and other faults in a log of one partition, whose records are WRITER and number.</summary>
    private static string Check(string log, string acknowledged, string read = "", int unanswered = 0)
    {
        (RecordId Record, long Offset)[] answers =
            [.. acknowledged.Split(' ').Select(one => one.Split('@')).Select(parts => (Parse(parts[0]), long.Parse(parts[1])))];
        Writer[] writers = [.. new[] { Idempotent, Repeating }.Select(name => new Writer(name, name == Idempotent, name == Repeating ? unanswered : 0,
            [.. answers.Where(one => one.Record.Writer == name).Select(one => new Acknowledged(one.Record.Number, one.Offset))]))];
        Readings readings = new("reader");
        foreach ((string record, int offset) in read.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select((record, offset) => (record, offset)))
        {
            readings.Note(0, offset, $"{record[0]}.{record[1..]}").ShouldBeTrue();
        }
        Verdict verdict = new();
        LogCheck.Compare([[.. log.Split(' ').Select(Parse)]], writers, [readings], verdict);
        return $"{verdict.Lost} {verdict.Duplicated} {verdict.Reordered} {verdict.TakenBack} {verdict.Others}";
    }

    private static RecordId Parse(string record) => new(record[..1], int.Parse(record[1..]));

    private sealed record Writer(string Name, bool IsIdempotent, int Unanswered, IReadOnlyList<Acknowledged> All) : IWriter
    {
        public IReadOnlyList<Acknowledged> Of(int partition) => All;
    }
}
