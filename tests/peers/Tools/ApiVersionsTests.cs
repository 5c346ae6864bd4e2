using System.Text.RegularExpressions;

namespace Peers.Tests.Tools;

/// <summary>The API versions of our broker, as Apache's tool prints them, compared with those of Apache Kafka 3.9.</summary>
public sealed partial class ApiVersionsTests(OneBroker broker)
{
    private static readonly string[] Served =
    [
        "Produce", "Fetch", "ListOffsets", "Metadata", "OffsetCommit", "OffsetFetch", "FindCoordinator", "JoinGroup", "Heartbeat", "LeaveGroup", "SyncGroup",
            "DescribeGroups", "ListGroups", "ApiVersions",
        "CreateTopics", "DeleteTopics", "InitProducerId", "OffsetForLeaderEpoch", "DescribeConfigs", "AlterConfigs", "CreatePartitions", "DeleteGroups",
            "IncrementalAlterConfigs", "OffsetDelete", "DescribeCluster",
        "DescribeLogDirs", "DescribeAcls", "CreateAcls", "DeleteAcls", "LeaderAndIsr", "StopReplica", "UpdateMetadata", "ControlledShutdown",
            "ElectLeaders", "AlterPartition", "AllocateProducerIds",
    ];

    [Fact]
    public async Task Every_served_request_has_the_original_s_versions()
    {
        Need.Apache();
        string golden = Path.Combine(Environment.GetEnvironmentVariable("KAFKA_REFERENCE") ?? Path.Combine(Repository.Root, "..", "shared", "kafka"), "golden",
            "api-versions.txt");
        Assert.SkipUnless(File.Exists(golden),
            "What Apache Kafka 3.9 prints is not here: KAFKA_REFERENCE names the folder that holds golden/api-versions.txt.");
        Dictionary<string, string> original = Versions(await File.ReadAllTextAsync(golden));
        Dictionary<string, string> ours = Versions(await Apache.KafkaAsync("3.9", "api-versions",
            ["--bootstrap-server", await broker.BootstrapServersAsync()]));
        ours.Keys.ShouldBe(Served, ignoreOrder: true);
        foreach ((string api, string versions) in ours)
        {
            versions.ShouldBe(original[api], api);
        }
    }

    // "Produce(0): 0 to 11 [usable: 11]"; what is not served is listed as UNSUPPORTED.
    private static Dictionary<string, string> Versions(string printed)
        => Line().Matches(printed).ToDictionary(match => match.Groups["name"].Value, match => match.Groups["versions"].Value);

    [GeneratedRegex(@"^\s*(?<name>\w+)\(\d+\): (?<versions>\d+( to \d+)?)", RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Line();
}
