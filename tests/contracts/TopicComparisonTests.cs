namespace Game.Contracts.Tests;

public sealed class TopicComparisonTests
{
    private static readonly Topics Contract = new(3);

    private static FoundTopic Found(TopicSpec topic, int replicas = 3, params (string Name, string Value)[] others)
    {
        Dictionary<string, string> configs = new()
        {
            ["cleanup.policy"] = "delete", ["retention.ms"] = "604800000", ["retention.bytes"] = "-1", ["max.message.bytes"] = "1048588",
            ["min.insync.replicas"] = replicas >= 3 ? "2" : "1", ["unclean.leader.election.enable"] = "false",
        };
        foreach ((string name, string value) in topic.Configs.Select(config => (config.Key, config.Value)).Concat(others))
        {
            configs[name] = value;
        }

        return new FoundTopic(topic.Partitions, replicas, configs);
    }

    [Fact]
    public void A_topic_as_the_contract_creates_it_has_no_warning()
    {
        foreach (TopicSpec topic in Contract.All)
        {
            TopicComparison.FindLoss(topic, Found(topic)).ShouldBeNull();
            TopicComparison.FindWarnings(topic, Found(topic), brokers: 3).ShouldBeEmpty();
            TopicComparison.FindWarnings(topic, Found(topic, replicas: 1), brokers: 1).ShouldBeEmpty();
        }
    }

    [Theory]
    [InlineData(Topics.PlayerEvents, "retention.ms", "604800000")]
    [InlineData(Topics.PlayerEvents, "retention.bytes", "1073741824")]
    [InlineData(Topics.PlayerEvents, "cleanup.policy", "compact")]
    [InlineData(Topics.PlayerEvents, "cleanup.policy", "compact,delete")]
    [InlineData(Topics.Alerts, "retention.ms", "604800000")]
    [InlineData(Topics.Alerts, "cleanup.policy", "compact")]
    [InlineData(Topics.AlertsPriority, "cleanup.policy", "compact")]
    [InlineData(Topics.Labels, "cleanup.policy", "delete")]
    [InlineData(Topics.Labels, "cleanup.policy", "compact,delete")]
    [InlineData(Topics.DeadLetters, "cleanup.policy", "compact")]
    public void A_setting_that_loses_state_is_refused_in_a_sentence_that_says_what_to_set(string name, string setting, string value)
    {
        TopicSpec topic = Contract[name];
        string loss = TopicComparison.FindLoss(topic, Found(topic, 3, (setting, value))).ShouldNotBeNull();
        loss.ShouldStartWith($"The topic {name} has {setting}={value}, which loses records");
        loss.ShouldContain($"--add-config {setting}={topic.Configs[setting]}");
    }

    [Fact]
    public void Another_partition_count_is_refused()
        => TopicComparison.FindLoss(Contract[Topics.Alerts], Found(Contract[Topics.Alerts]) with { Partitions = 4 })
            .ShouldNotBeNull().ShouldContain("has 4 partitions, not 3: start with --partitions 4");

    [Fact]
    public void The_order_of_policies_and_a_retention_that_the_contract_leaves_open_do_not_matter()
    {
        TopicSpec both = new("t", 1, new Dictionary<string, string> { ["cleanup.policy"] = "compact,delete" });
        TopicComparison.FindLoss(both, Found(both, 3, ("cleanup.policy", "delete, compact"))).ShouldBeNull();
        TopicComparison.FindLoss(Contract[Topics.DeadLetters], Found(Contract[Topics.DeadLetters], 3, ("retention.ms", "1000"))).ShouldBeNull();
    }

    [Theory]
    [InlineData(1, 3, "min.insync.replicas", "1", "has 1 replica(s) a partition on 3 brokers")]
    [InlineData(1, 2, "min.insync.replicas", "1", "give it 2")]
    [InlineData(3, 3, "min.insync.replicas", "1", "set it to 2")]
    [InlineData(1, 1, "min.insync.replicas", "2", "nothing can be written")]
    [InlineData(3, 3, "max.message.bytes", "1000", "large batches are refused: set it to 1000000 or more")]
    [InlineData(3, 3, "unclean.leader.election.enable", "true", "acknowledged records may be lost when a leader fails")]
    public void A_setting_that_weakens_a_guarantee_gives_a_warning(int replicas, int brokers, string setting, string value, string warning)
        => TopicComparison.FindWarnings(Contract[Topics.PlayerEvents], Found(Contract[Topics.PlayerEvents], replicas, (setting, value)), brokers)
            .ShouldHaveSingleItem().ShouldContain(warning);
}
