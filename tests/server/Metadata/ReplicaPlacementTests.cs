using Broker.Server.Metadata;
using CsCheck;

namespace Broker.Server.Tests.Metadata;

public sealed class ReplicaPlacementTests
{
    private static readonly (int Id, string? Rack)[] Five = [(0, null), (1, null), (2, null), (3, null), (4, null)];

    [Fact]
    public void Without_racks_it_is_kafka_s_documented_picture()
    {
        // Kafka's own example: five brokers, ten partitions, three replicas, beginning at broker 0 without a shift.
        System.Collections.Immutable.ImmutableSortedDictionary<int, Server.Metadata.Znodes.ReplicaAssignment> placed = ReplicaPlacement.Extend(Five, 0, 10, 3,
            first: 0);
        string.Join(' ', placed.Values.Select(assignment => string.Concat(assignment.Replicas)))
            .ShouldBe("012 123 234 340 401 023 134 240 301 412");
    }

    [Fact]
    public void Every_partition_has_different_brokers_and_leaders_are_spread_evenly() =>
        Gen.Select(Gen.Int[1, 9], Gen.Int[1, 40], Gen.Int[1, 9], Gen.UInt).Sample((brokers, partitions, factor, seed) =>
        {
            int replicas = Math.Min(factor, brokers);
            List<(int id, string?)> all = Enumerable.Range(10, brokers).Select(id => (id, (string?)null)).ToList();
            System.Collections.Immutable.ImmutableSortedDictionary<int, Server.Metadata.Znodes.ReplicaAssignment> placed = ReplicaPlacement.Place(all,
                partitions, replicas, new Random((int)seed));
            placed.Keys.ShouldBe(Enumerable.Range(0, partitions));
            placed.Values.ShouldAllBe(assignment => assignment.Replicas.Distinct().Count() == replicas);
            List<int> led = placed.Values.GroupBy(assignment => assignment.Replicas[0]).Select(group => group.Count()).ToList();
            (led.Max() - (led.Count < brokers ? 0 : led.Min())).ShouldBeLessThanOrEqualTo(1);
        });

    [Fact]
    public void Replicas_lie_in_as_many_racks_as_there_are() =>
        Gen.Select(Gen.Int[2, 4], Gen.Int[1, 3], Gen.Int[1, 20], Gen.Int[2, 6], Gen.UInt).Sample((racks, each, partitions, factor, seed) =>
        {
            List<(int id, string?)> all = Enumerable.Range(0, racks * each).Select(id => (id, (string?)$"r{id % racks}")).ToList();
            int replicas = Math.Min(factor, all.Count);
            System.Collections.Immutable.ImmutableSortedDictionary<int, Server.Metadata.Znodes.ReplicaAssignment> placed = ReplicaPlacement.Place(all,
                partitions, replicas, new Random((int)seed));
            foreach (Server.Metadata.Znodes.ReplicaAssignment assignment in placed.Values)
            {
                assignment.Replicas.Distinct().Count().ShouldBe(replicas);
                assignment.Replicas.Select(id => id % racks).Distinct().Count().ShouldBe(Math.Min(racks, replicas));
            }
        });

    [Fact]
    public void Added_partitions_go_on_where_the_topic_began()
    {
        System.Collections.Immutable.ImmutableSortedDictionary<int, Server.Metadata.Znodes.ReplicaAssignment> placed = ReplicaPlacement.Extend(Five,
            existing: 3, added: 2, replicationFactor: 1, first: 2);
        placed.Keys.ShouldBe([3, 4]);
        placed.Values.Select(assignment => assignment.Replicas[0]).ShouldBe([0, 1]);
    }

    [Theory]
    [InlineData("a.b", "a_b", true)]
    [InlineData("a.b", "a-b", false)]
    [InlineData("a", "a", true)]
    public void Names_collide_where_only_dots_and_underscores_differ(string one, string other, bool collide)
    => TopicNames.Collide(one, other).ShouldBe(collide);

    [Theory]
    [InlineData("ok-1.2_X", true)]
    [InlineData("", false)]
    [InlineData(".", false)]
    [InlineData("..", false)]
    [InlineData("a b", false)]
    [InlineData("ä", false)]
    public void Names_are_checked(string name, bool isValid) => (TopicNames.Problem(name) is null).ShouldBe(isValid);

    [Fact]
    public void A_name_has_at_most_249_characters()
    {
        TopicNames.Problem(new string('a', 249)).ShouldBeNull();
        TopicNames.Problem(new string('a', 250)).ShouldNotBeNull();
    }
}
