using Game.Cli.Bench;

namespace Game.Demo.Tests;

public sealed class MetadataMessagesTests
{
    private const string Answer = "00000000" // correlation id
        + "00000002" + "00000001" + "000161" + "00002384" + "FFFF" + "00000003" + "000162" + "00002385" + "000172" // two brokers, one with a rack
        + "00000003" // controller
        + "00000002"
        + "0000" + "000174" + "00" + "00000002" // topic t, two partitions
        + "0000" + "00000001" + "00000003" + "00000002" + "00000001" + "00000003" + "00000001" + "00000003"
        + "0005" + "00000000" + "FFFFFFFF" + "00000001" + "00000002" + "00000001" + "00000002"
        + "0003" + "000175" + "00" + "00000000"; // topic u is unknown

    [Fact]
    public void A_request_names_topics_or_all()
    {
        Convert.ToHexString(MetadataMessages.Request(["t"])).ShouldBe(
            "0000001F" + "00030001" + "00000000" + "000E" + "62656E63682D6D65746164617461" + "00000001" + "000174");
        Convert.ToHexString(MetadataMessages.Request(topics: null)[^4..]).ShouldBe("FFFFFFFF");
    }

    [Fact]
    public void An_answer_names_brokers_the_controller_and_each_partition()
    {
        MetadataAnswer read = MetadataMessages.Read(Convert.FromHexString(Answer));
        read.Brokers.ShouldBe([1, 3]);
        read.Controller.ShouldBe(3);
        read.Topics["t"].ShouldBe([new PartitionMetadata(1, 0, 3, Replicas: 2, InSync: 1), new PartitionMetadata(0, 5, -1, Replicas: 1, InSync: 1)]);
        read.Topics["u"].ShouldBeEmpty();
    }

    [Fact]
    public void An_answer_that_ends_too_early_is_refused()
        => Should.Throw<ArgumentOutOfRangeException>(() => MetadataMessages.Read(Convert.FromHexString(Answer)[..^1]));

    [Fact]
    public async Task Partitions_are_led_when_each_has_a_leader_that_is_alive()
    {
        await using RunningBroker broker = new("a:1,b:2", 1);
        ClusterMetadata metadata = new(broker, new Dictionary<string, int> { ["t"] = 2 });
        Holds(metadata, One(1), One(2)).ShouldBe((true, true));
        Holds(metadata, One(1), One(1) with { InSync = 1 }).ShouldBe((true, false)); // not in sync
        Holds(metadata, One(1), One(3)).ShouldBe((false, false)); // the leader is away
        Holds(metadata, One(1), One(-1)).ShouldBe((false, false));
        Holds(metadata, One(1)).ShouldBe((false, false)); // one is not known yet
        metadata.IsWhole(new MetadataAnswer([1], 1, Topics(One(1), One(1)))).ShouldBeFalse(); // a broker is away
    }

    private static (bool Led, bool Whole) Holds(ClusterMetadata metadata, params PartitionMetadata[] partitions)
    {
        MetadataAnswer answer = new([1, 2], 1, Topics(partitions));
        return (metadata.IsLed(answer), metadata.IsWhole(answer));
    }

    private static PartitionMetadata One(int leader) => new(0, 0, leader, Replicas: 2, InSync: 2);

    private static Dictionary<string, IReadOnlyList<PartitionMetadata>> Topics(params PartitionMetadata[] partitions) => new() { ["t"] = partitions };
}
