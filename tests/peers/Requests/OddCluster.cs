using Broker.Protocol.Messages;

namespace Peers.Tests.Requests;

/// <summary>The served APIs, the cluster, ACLs, producer ids.</summary>
internal static class OddCluster
{
    /// <summary>API keys that a broker with ZooKeeper does not advertise, or that do not exist, in their lowest version.</summary>
    private static readonly (string Name, short Key)[] NotServed =
    [
        ("Vote", 52), ("BeginQuorumEpoch", 53), ("EndQuorumEpoch", 54), ("DescribeQuorum", 55), ("FetchSnapshot", 59), ("BrokerRegistration", 62),
            ("BrokerHeartbeat", 63), ("UnregisterBroker", 64),
        ("ControllerRegistration", 70), ("GetTelemetrySubscriptions", 71), ("PushTelemetry", 72), ("AssignReplicasToDirs", 73),
            ("ListClientMetricsResources", 74), ("DescribeTopicPartitions", 75),
        ("ShareGroupHeartbeat", 76), ("a key that Kafka has not", 999), ("a negative key", -1),
    ];

    public static IEnumerable<OddEnd> Rows =>
    [
        .. NotServed.SelectMany(api => new short[] { 1, 2 }.Select(header => OddEnd.Raw($"{api.Name} with header {header}", api.Key, 0, header))),
        OddEnd.Raw("Metadata in a version to come", 3, 99, 2),
        OddEnd.Raw("Heartbeat in a version to come", 12, 5, 2),
        OddEnd.Raw("Metadata in a negative version", 3, -1, 1),
        OddEnd.Raw("Heartbeat without a body", 12, 4, 2),
        .. Versions(),
        .. Acls(),
        OddEnd.Of<InitProducerIdRequest, InitProducerIdResponse>("an empty transactional id",
            new InitProducerIdRequest { TransactionalId = "", TransactionTimeoutMs = 1000 }),
        OddEnd.Of<InitProducerIdRequest, InitProducerIdResponse>("no time-out",
            new InitProducerIdRequest { TransactionTimeoutMs = 0, ProducerId = -1, ProducerEpoch = -1 }),
        OddEnd.Of<InitProducerIdRequest, InitProducerIdResponse>("an id without an epoch",
            new InitProducerIdRequest { TransactionTimeoutMs = 1000, ProducerId = 5, ProducerEpoch = -1 }),
        OddEnd.Of<InitProducerIdRequest, InitProducerIdResponse>("an epoch without an id",
            new InitProducerIdRequest { TransactionTimeoutMs = 1000, ProducerId = -1, ProducerEpoch = 5 }),
        OddEnd.Of<InitProducerIdRequest, InitProducerIdResponse>("an id that it had",
            new InitProducerIdRequest { TransactionTimeoutMs = 1000, ProducerId = 5, ProducerEpoch = 5 }),
        OddEnd.Of<DescribeClusterRequest, DescribeClusterResponse>("rights", new DescribeClusterRequest { IncludeClusterAuthorizedOperations = true }),
        OddEnd.Of<DescribeClusterRequest, DescribeClusterResponse>("no type of endpoint", new DescribeClusterRequest { EndpointType = 0 }),
        OddEnd.Of<DescribeClusterRequest, DescribeClusterResponse>("controllers", new DescribeClusterRequest { EndpointType = 2 }),
        OddEnd.In<DescribeClusterRequest, DescribeClusterResponse>(0, "plain", new DescribeClusterRequest()),
    ];

    /// <summary>The lists of APIs differ while our broker does not have all of them.</summary>
    private static IEnumerable<OddEnd> Versions() =>
    [
        .. OddEnd.InAll<ApiVersionsRequest, ApiVersionsResponse>("features",
            new ApiVersionsRequest { ClientSoftwareName = "test", ClientSoftwareVersion = "1" }, "ApiKeys"),
        .. OddEnd.InAll<ApiVersionsRequest, ApiVersionsResponse>("no software", new ApiVersionsRequest(), "ApiKeys"),
        OddEnd.Of<ApiVersionsRequest, ApiVersionsResponse>("software with a blank",
            new ApiVersionsRequest { ClientSoftwareName = "te st", ClientSoftwareVersion = "1" }),
        OddEnd.Raw("ApiVersions in a version to come", 18, 99, 2, 1, 1, 0),
    ];

    private static IEnumerable<OddEnd> Acls() =>
    [
        .. OddEnd.InAll<DescribeAclsRequest, DescribeAclsResponse>("all",
            new DescribeAclsRequest { ResourceTypeFilter = 1, PatternTypeFilter = 3, Operation = 1, PermissionType = 1 }),
        OddEnd.Of<DescribeAclsRequest, DescribeAclsResponse>("any pattern",
            new DescribeAclsRequest { ResourceTypeFilter = 1, PatternTypeFilter = 1, Operation = 1, PermissionType = 1 }),
        .. OddEnd.InAll<CreateAclsRequest, CreateAclsResponse>("two", new CreateAclsRequest { Creations = [Creation("a"), Creation("b")] }),
        OddEnd.Of<CreateAclsRequest, CreateAclsResponse>("none", new CreateAclsRequest()),
        .. OddEnd.InAll<DeleteAclsRequest, DeleteAclsResponse>("one",
            new DeleteAclsRequest { Filters = [new()
            {
                ResourceTypeFilter = 2, ResourceNameFilter = "t", PatternTypeFilter = 3, Operation = 2, PermissionType = 3,
            }] }),
        OddEnd.Of<DeleteAclsRequest, DeleteAclsResponse>("none", new DeleteAclsRequest()),
    ];

    private static CreateAclsRequest.AclCreation Creation(string topic) =>
        new() { ResourceType = 2, ResourceName = topic, ResourcePatternType = 3, Principal = "User:u", Host = "*", Operation = 3, PermissionType = 3 };
}
