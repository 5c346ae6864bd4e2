using Broker.Protocol.Messages;

namespace Peers.Tests.Requests;

/// <summary>Settings: DescribeConfigs, AlterConfigs, IncrementalAlterConfigs.</summary>
internal static class OddSettings
{
    private const sbyte Topic = 2;
    private const sbyte Broker = 4;
    private const string Retention = "retention.ms";

    public static IEnumerable<OddEnd> Rows =>
    [
        .. OddEnd.InAll<DescribeConfigsRequest, DescribeConfigsResponse>("no names are all names", Described(Topic, "t", [])),
        Describe("null names are all names", Described(Topic, "t", null)),
        Describe("a name twice", Described(Topic, "t", [Retention, Retention])),
        Describe("an unknown name", Described(Topic, "t", ["nonsense"])),
        Describe("an unknown name beside a known one", Described(Topic, "t", ["nonsense", Retention])),
        Describe("no resource", new DescribeConfigsRequest()),
        Describe("a resource twice", new DescribeConfigsRequest { Resources = [Resource(Topic, "t", [Retention]), Resource(Topic, "t", [Retention])] }),
        Describe("a resource twice with other names",
            new DescribeConfigsRequest { Resources = [Resource(Topic, "t", [Retention]), Resource(Topic, "t", ["segment.ms"])] }),
        Describe("no broker, no names", Described(Broker, "", [])),
        Describe("a broker's name with a sign", Described(Broker, "+0", ["num.partitions"])),
        Describe("no type", Described(0, "t", [])),
        Describe("an unknown type", Described(77, "t", [])),
        Describe("what is not there", Described(Topic, "odd-none", [])),
        Describe("a name that no topic can have", Described(Topic, "no good", [])),
        Describe("an empty topic", Described(Topic, "", [])),
        Describe("another broker", Described(Broker, "7", [])),
        Describe("a broker by name", Described(Broker, "x", [])),
        .. OddEnd.InAll<AlterConfigsRequest, AlterConfigsResponse>("the message of success",
            new AlterConfigsRequest { Resources = [Replaced(Topic, "t", (Retention, "70000"))] }),
        Replace("no resource"),
        Replace("a setting twice", Replaced(Topic, "t", (Retention, "80000"), (Retention, "90000"))),
        Replace("no settings", Replaced(Topic, "t")),
        .. OddEnd.InAll<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>("the message of success",
            new IncrementalAlterConfigsRequest { Resources = [Changed(Topic, "t", (Retention, 0, "70000"))] }),
        Change("no resource"),
        Change("a resource twice", Changed(Topic, "t", (Retention, 0, "80000")), Changed(Topic, "t", (Retention, 0, "90000"))),
        Change("no settings", Changed(Topic, "t")),
        Change("an unknown operation", Changed(Topic, "t", (Retention, 9, "80000"))),
        Change("a deletion with a value", Changed(Topic, "t", (Retention, 1, "80000"))),
        Change("a list appended to with what it has", Changed(Topic, "t", ("cleanup.policy", 2, "delete"))),
        Change("a list appended to with nothing", Changed(Topic, "t", ("cleanup.policy", 2, ""))),
        Change("an empty list appended to", Changed(Topic, "t", ("leader.replication.throttled.replicas", 2, "0:0"))),
        Change("a list without its last item", Changed(Topic, "t", ("cleanup.policy", 3, "delete"))),
        Change("a setting without a name", Changed(Topic, "t", ("", 0, "1"))),
    ];

    private static DescribeConfigsRequest.DescribeConfigsResource Resource(sbyte type, string name, string[]? keys)
        => new() { ResourceType = type, ResourceName = name, ConfigurationKeys = keys };

    private static DescribeConfigsRequest Described(sbyte type, string name, string[]? keys) => new() { Resources = [Resource(type, name, keys)] };

    private static OddEnd Describe(string name, DescribeConfigsRequest request) => OddEnd.Of<DescribeConfigsRequest, DescribeConfigsResponse>(name, request);

    private static AlterConfigsRequest.AlterConfigsResource Replaced(sbyte type, string name, params (string Name, string? Value)[] settings) =>
        new()
        {
            ResourceType = type, ResourceName = name,
            Configs = [.. settings.Select(s => new AlterConfigsRequest.AlterableConfig { Name = s.Name, Value = s.Value })],
        };

    private static OddEnd Replace(string name, params AlterConfigsRequest.AlterConfigsResource[] resources) =>
        OddEnd.Of<AlterConfigsRequest, AlterConfigsResponse>(name, new AlterConfigsRequest { Resources = resources });

    private static IncrementalAlterConfigsRequest.AlterConfigsResource Changed(sbyte type, string name,
        params (string Name, sbyte Operation, string? Value)[] settings) => new()
        {
            ResourceType = type,
            ResourceName = name,
            Configs = [.. settings.Select(s => new IncrementalAlterConfigsRequest.AlterableConfig
        {
            Name = s.Name, ConfigOperation = s.Operation, Value = s.Value,
        })],
        };

    private static OddEnd Change(string name, params IncrementalAlterConfigsRequest.AlterConfigsResource[] resources) =>
        OddEnd.Of<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(name, new IncrementalAlterConfigsRequest { Resources = resources });
}
