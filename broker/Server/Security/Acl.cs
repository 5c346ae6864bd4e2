using Broker.Server.Requests;

namespace Broker.Server.Security;

/// <summary>Kafka's ACL operations under their wire codes.</summary>
internal enum AclOperation : sbyte
{
    Unknown = 0,
    Any = 1,
    All = 2,
    Read = 3,
    Write = 4,
    Create = 5,
    Delete = 6,
    Alter = 7,
    Describe = 8,
    ClusterAction = 9,
    DescribeConfigs = 10,
    AlterConfigs = 11,
    IdempotentWrite = 12,
    CreateTokens = 13,
    DescribeTokens = 14,
}

/// <summary>Kafka's ACL resource types under their wire codes.</summary>
internal enum ResourceType : sbyte
{
    Unknown = 0,
    Any = 1,
    Topic = 2,
    Group = 3,
    Cluster = 4,
    TransactionalId = 5,
    DelegationToken = 6,
    User = 7,
}

/// <summary>The operations that exist on each resource type, and the bit field that answers <c>include_…_authorized_operations</c>.</summary>
internal static class AuthorizedOperations
{
    /// <summary>The only name a cluster resource has.</summary>
    public const string ClusterName = "kafka-cluster";

    /// <summary>The answer when the client did not ask for its rights.</summary>
    public const int NotAsked = int.MinValue;

    private static readonly AclOperation[] OfTopic =
    [
        AclOperation.Read, AclOperation.Write, AclOperation.Create, AclOperation.Describe, AclOperation.Delete,
        AclOperation.Alter, AclOperation.DescribeConfigs, AclOperation.AlterConfigs,
    ];

    private static readonly AclOperation[] OfGroup = [AclOperation.Read, AclOperation.Describe, AclOperation.Delete];

    private static readonly AclOperation[] OfCluster =
    [
        AclOperation.Create, AclOperation.ClusterAction, AclOperation.DescribeConfigs, AclOperation.AlterConfigs,
        AclOperation.IdempotentWrite, AclOperation.Alter, AclOperation.Describe,
    ];

    private static readonly AclOperation[] OfTransactionalId = [AclOperation.Describe, AclOperation.Write];
    private static readonly AclOperation[] OfDelegationToken = [AclOperation.Describe];
    private static readonly AclOperation[] OfUser = [AclOperation.CreateTokens, AclOperation.DescribeTokens];

    /// <summary>The operations that exist on a resource type.</summary>
    public static ReadOnlySpan<AclOperation> On(ResourceType type) => type switch
    {
        ResourceType.Topic => OfTopic,
        ResourceType.Group => OfGroup,
        ResourceType.Cluster => OfCluster,
        ResourceType.TransactionalId => OfTransactionalId,
        ResourceType.DelegationToken => OfDelegationToken,
        ResourceType.User => OfUser,
        _ => [],
    };

    /// <summary>One bit (1 &lt;&lt; operation code) for each operation that the request's principal may do on the resource.</summary>
    public static int Of(IAuthorizer authorizer, RequestContext context, ResourceType type, string name)
    {
        int bits = 0;
        foreach (AclOperation operation in On(type))
        {
            if (authorizer.Allows(context, operation, type, name))
            {
                bits |= 1 << (int)operation;
            }
        }

        return bits;
    }
}
