using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// DescribeAcls, versions 0 to 3.
// 0: filters of literal names. 1: patterns of names. 2: flexible. 3: users as a type of resource.
// As there is no authorizer, no ACLs exist, and SECURITY_DISABLED says so, as in Kafka without one: its tools take that for "no ACLs".

/// <summary>Answers that there are no ACLs.</summary>
internal sealed class DescribeAclsApi(IAuthorizer authorizer) : Api<DescribeAclsRequest, DescribeAclsResponse>
{
    private const string NoAuthorizer = "No Authorizer is configured on the broker";

    protected override ValueTask<DescribeAclsResponse?> Handle(DescribeAclsRequest request, RequestContext context)
    {
        (ErrorCode error, string message) = AclRefusal.Of(authorizer, context, AclOperation.Describe, NoAuthorizer);
        return ValueTask.FromResult<DescribeAclsResponse?>(new DescribeAclsResponse
        {
            ThrottleTimeMs = context.ThrottleTimeMs, ErrorCode = (short)error, ErrorMessage = message,
        });
    }
}

/// <summary>Why ACLs can be neither read nor changed: the client may not, or there is no authorizer that holds any.</summary>
internal static class AclRefusal
{
    /// <summary>What Kafka says to who wants to change ACLs.</summary>
    internal const string NoAuthorizer = "No Authorizer is configured.";

    /// <summary>The answer to a client that wants to do <paramref name="operation"/> with the cluster's ACLs.</summary>
    internal static (ErrorCode Error, string Message) Of(IAuthorizer authorizer, RequestContext context, AclOperation operation, string noAuthorizer) =>
        authorizer.Allows(context, operation, ResourceType.Cluster, AuthorizedOperations.ClusterName)
            ? (ErrorCode.SecurityDisabled, noAuthorizer)
            : (ErrorCode.ClusterAuthorizationFailed, ErrorMessages.ClusterAuthorizationFailed);
}
