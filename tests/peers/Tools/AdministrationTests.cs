using System.Globalization;

namespace Peers.Tests.Tools;

/// <summary>Apache's tools for topics, groups, settings and offsets on our broker.</summary>
public sealed class AdministrationTests(OneBroker broker)
{
    [Theory]
    [InlineData("3.9")]
    [InlineData("4.2")]
    public async Task Topics_are_created_and_described(string version)
    {
        Need.Apache();
        string topic = broker.FreshName("described");
        string servers = await broker.BootstrapServersAsync();
        (await Apache.KafkaAsync(version, "topics",
            ["--bootstrap-server", servers, "--create", "--topic", topic, "--partitions", "3", "--replication-factor", "1", "--config", "retention.ms=777000"]))
            .ShouldContain($"Created topic {topic}.");
        string described = await Apache.KafkaAsync(version, "topics", ["--bootstrap-server", servers, "--describe", "--topic", topic]);
        described.ShouldContain($"Topic: {topic}");
        described.ShouldContain("PartitionCount: 3\tReplicationFactor: 1");
        described.ShouldContain("retention.ms=777000");
        described.Split('\n').Count(line => line.Contains("Leader: 0\tReplicas: 0\tIsr: 0", StringComparison.Ordinal)).ShouldBe(3, described);
    }

    [Theory]
    [InlineData("3.9")]
    [InlineData("4.2")]
    public async Task Topics_are_listed_given_partitions_and_deleted(string version)
    {
        Need.AllCases();
        string topic = broker.FreshName("altered");
        string servers = await broker.BootstrapServersAsync();
        await Kafka.CreateTopicAsync(servers, topic, 1);
        await TopicsAsync("--alter", "--topic", topic, "--partitions", "4");
        (await TopicsAsync("--describe", "--topic", topic)).ShouldContain("PartitionCount: 4");
        (await TopicsAsync("--list")).Split('\n').ShouldContain(topic);
        (await TopicsAsync("--describe", "--under-replicated-partitions")).Trim().ShouldBeEmpty();
        (await TopicsAsync("--create", "--if-not-exists", "--topic", topic)).ShouldNotContain("Error");
        CommandResult twice = await Apache.RunAsync(version, "topics", ["--bootstrap-server", servers, "--create", "--topic", topic]);
        (twice.ExitCode, twice.Said.Contains("already exists", StringComparison.Ordinal)).ShouldBe((1, true), twice.Said);
        await TopicsAsync("--delete", "--topic", topic);
        (await TopicsAsync("--list")).Split('\n').ShouldNotContain(topic);

        Task<string> TopicsAsync(params string[] arguments) => Apache.KafkaAsync(version, "topics", ["--bootstrap-server", servers, .. arguments]);
    }

    [Theory]
    [InlineData("3.9")]
    [InlineData("4.2")]
    public async Task A_group_s_lag_is_shown(string version)
    {
        Need.Apache();
        string servers = await broker.BootstrapServersAsync();
        string topic = await GroupAsync(servers);
        string described = await Apache.KafkaAsync(version, "groups", ["--bootstrap-server", servers, "--describe", "--group", topic]);
        Row(described, topic)[2..6].ShouldBe(["0", "60", "100", "40"], described);
    }

    [Theory]
    [InlineData("3.9")]
    [InlineData("4.2")]
    public async Task Groups_are_listed_reset_and_deleted(string version)
    {
        Need.AllCases();
        string servers = await broker.BootstrapServersAsync();
        string topic = await GroupAsync(servers);
        (await GroupsAsync("--list")).Split('\n').ShouldContain(topic);
        Words((await GroupsAsync("--describe", "--group", topic, "--state")).Split('\n').Single(line => line.StartsWith(topic, StringComparison.Ordinal)))
            .ShouldContain("Empty");
        await GroupsAsync("--describe", "--group", topic, "--members");
        await ResetAsync("0", "--to-earliest");
        await ResetAsync("25", "--to-offset", "25");
        await ResetAsync("35", "--shift-by", "10");
        await ResetAsync("100", "--to-latest");
        await ResetAsync("0", "--to-datetime", "2020-01-01T00:00:00.000");
        await GroupsAsync("--delete-offsets", "--group", topic, "--topic", topic);
        (await GroupsAsync("--describe", "--group", topic)).ShouldNotContain($" {topic} ");
        await GroupsAsync("--delete", "--group", topic);
        (await GroupsAsync("--list")).Split('\n').ShouldNotContain(topic);

        Task<string> GroupsAsync(params string[] arguments) => Apache.KafkaAsync(version, "groups", ["--bootstrap-server", servers, .. arguments]);
        async Task ResetAsync(string expected, params string[] to)
        {
            await GroupsAsync(["--reset-offsets", "--group", topic, "--topic", topic, "--execute", .. to]);
            (await Kafka.CommittedAsync(servers, topic, topic))[0].ToString(CultureInfo.InvariantCulture).ShouldBe(expected, string.Join(' ', to));
        }
    }

    [Theory]
    [InlineData("3.9")]
    [InlineData("4.2")]
    public async Task Settings_are_altered_and_described(string version)
    {
        Need.AllCases();
        string servers = await broker.BootstrapServersAsync();
        string topic = broker.FreshName("settings");
        await Kafka.CreateTopicAsync(servers, topic, 1);
        string[] ofTopic = ["--entity-type", "topics", "--entity-name", topic];
        await ConfigsAsync([.. ofTopic, "--alter", "--add-config", "retention.ms=60000,cleanup.policy=[compact,delete]"]);
        string altered = await ConfigsAsync([.. ofTopic, "--describe"]);
        altered.ShouldContain("retention.ms=60000");
        altered.ShouldContain("cleanup.policy=compact,delete");
        await ConfigsAsync([.. ofTopic, "--alter", "--delete-config", "retention.ms"]);
        (await ConfigsAsync([.. ofTopic, "--describe"])).ShouldNotContain("retention.ms=60000");
        (await ConfigsAsync([.. ofTopic, "--describe", "--all"])).ShouldContain("retention.ms=604800000");
        (await ConfigsAsync(["--entity-type", "brokers", "--entity-name", "0", "--describe", "--all"])).ShouldContain("log.segment.bytes=1073741824");
        CommandResult wrong = await Apache.RunAsync(version, "configs",
            ["--bootstrap-server", servers, .. ofTopic, "--alter", "--add-config", "retention.ms=soon"]);
        (wrong.ExitCode, wrong.Said.Contains("InvalidConfigurationException", StringComparison.Ordinal)).ShouldBe((1, true), wrong.Said);

        Task<string> ConfigsAsync(string[] arguments) => Apache.KafkaAsync(version, "configs", ["--bootstrap-server", servers, .. arguments]);
    }

    [Theory]
    [InlineData("3.9")]
    [InlineData("4.2")]
    public async Task Offsets_are_listed_by_position_and_time(string version)
    {
        Need.AllCases();
        string servers = await broker.BootstrapServersAsync();
        string topic = broker.FreshName("offsets");
        await Kafka.CreateTopicAsync(servers, topic, 1);
        await Kafka.ProduceAsync(servers, topic, Kafka.Numbers(0, 42));
        foreach ((string time, string offset) in (IEnumerable<(string, string)>)[("-1", "42"), ("-2", "0"), ("earliest", "0"), ("0", "0")])
        {
            (await Apache.KafkaAsync(version, "offsets", ["--bootstrap-server", servers, "--topic", topic, "--time", time]))
                .Trim().ShouldBe($"{topic}:0:{offset}", time);
        }
        (await Apache.KafkaAsync(version, "offsets", ["--bootstrap-server", servers, "--topic", topic, "--time", "max-timestamp"]))
            .ShouldStartWith($"{topic}:0:");
    }

    // A topic of one partition and a group of the same name that read 60 of its 100 records.
    private async Task<string> GroupAsync(string servers)
    {
        string topic = broker.FreshName("grouped");
        await Kafka.CreateTopicAsync(servers, topic, 1);
        await Kafka.ProduceAsync(servers, topic, Kafka.Numbers(0, 100));
        Kafka.ReadAndCommit(servers, topic, topic, 60);
        return topic;
    }

    // GROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG CONSUMER-ID HOST CLIENT-ID; 4.2 has LEADER-EPOCH before CURRENT-OFFSET only when asked.
    private static string[] Row(string described, string group)
        => Words(described.Split('\n').Single(line => line.StartsWith(group, StringComparison.Ordinal)));

    private static string[] Words(string line) => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
