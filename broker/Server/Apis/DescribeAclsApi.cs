using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// DescribeAcls, versions 0 to 3.
// 0: filters of literal names. 1: patterns of names. 2: flexible. 3: users as a type of resource.
// This broker has no ACLs: it answers SECURITY_DISABLED, as a Kafka broker without an authorizer; Kafka's tools understand that as "no ACLs".

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

/// <summary>Why a client can neither read nor change ACLs: it has no right to, or the broker has no authorizer that stores ACLs.</summary>
internal static class AclRefusal
{
    /// <summary>Kafka's message to a client that tries to change ACLs.</summary>
    internal const string NoAuthorizer = "No Authorizer is configured.";

    /// <summary>The answer to a client that wants to do <paramref name="operation"/> with the cluster's ACLs.</summary>
    internal static (ErrorCode Error, string Message) Of(IAuthorizer authorizer, RequestContext context, AclOperation operation, string noAuthorizer) =>
        authorizer.Allows(context, operation, ResourceType.Cluster, AuthorizedOperations.ClusterName)
            ? (ErrorCode.SecurityDisabled, noAuthorizer)
            : (ErrorCode.ClusterAuthorizationFailed, ErrorMessages.ClusterAuthorizationFailed);
}
