using Confluent.Kafka;
using Game.Cli.Demo;

namespace Game.Demo.Tests;

public sealed class RecoveryTests
{
    private const long Before = 70;

    [Theory]
    [InlineData(true, 70, 70, 70, true)] // no event arrived: there is nothing to commit
    [InlineData(false, 70, 70, 70, false)]
    [InlineData(true, 70, 75, 75, false)] // the events before the kill are not committed
    [InlineData(true, 75, 75, 80, true)]
    [InlineData(false, 75, 75, 80, false)] // the last commit is the victim's
    [InlineData(true, 70, 70, 72, false)] // events arrived afterwards, and no detector has committed any
    [InlineData(true, -1, 0, 0, true)]
    public void A_partition_is_recovered_when_another_detector_has_judged_its_events_of_before_the_kill(
        bool takenOver, long committed, long endAtKill, long end, bool recovered)
    {
        PartitionProgress now = new(new TopicPartition("player-events", 2), committed, end);
        HashSet<int> ofOthers = takenOver ? [2] : [];
        DetectorKill.IsRecovered(now, committed < 0 ? -1 : Before, endAtKill, ofOthers).ShouldBe(recovered);
    }
}
