using Confluent.Kafka;
using Game.Cli.Demo;

namespace Game.Demo.Tests;

public sealed class RecoveryTests
{
    private const long Before = 70;

    [Theory]
    [InlineData(true, 70, 70, 70, true)] // nothing came: taking it over is all there is to do
    [InlineData(false, 70, 70, 70, false)]
    [InlineData(true, 70, 75, 75, false)] // what lay there at the kill is not worked off
    [InlineData(true, 75, 75, 80, true)]
    [InlineData(false, 75, 75, 80, false)] // the victim's own last commit
    [InlineData(true, 70, 70, 72, false)] // something came afterwards, and nobody has touched it
    [InlineData(true, -1, 0, 0, true)]
    public void A_partition_is_recovered_when_another_has_it_and_nothing_waits_from_before(bool taken, long committed, long endAtKill, long end, bool recovered)
        => DetectorKill.IsRecovered(new PartitionProgress(new TopicPartition("player-events", 2), committed, end), committed < 0 ? -1 : Before, endAtKill,
        taken ? new HashSet<int> { 2 } : [])
            .ShouldBe(recovered);
}
