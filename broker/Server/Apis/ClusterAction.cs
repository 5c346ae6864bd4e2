using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

/// <summary>
/// The right that brokers need for the requests between them. Without an authorizer everybody has it, and only epochs protect these requests.
/// </summary>
internal static class ClusterAction
{
    internal static bool AllowsClusterAction(this IAuthorizer authorizer, RequestContext context) =>
        authorizer.Allows(context, AclOperation.ClusterAction, ResourceType.Cluster, AuthorizedOperations.ClusterName);
}
