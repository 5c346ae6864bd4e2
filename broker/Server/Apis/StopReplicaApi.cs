using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// StopReplica, versions 0 to 4.
// 0: partitions, one flag that says whether all are deleted. 1: partitions by topic, the broker's epoch. 2: flexible. 3: each partition has a leader epoch and
// a flag. 4: whether the controller is one of KRaft's, which this broker ignores.

/// <summary>Stops replicas, and deletes those that the controller wants deleted.</summary>
/// <param name="apply">Applies one request after the other, away from the connection's thread, because it blocks on the disk.</param>
/// <param name="authorizer">Asked for ClusterAction.</param>
internal sealed class StopReplicaApi(Func<StopReplicaRequest, ValueTask<StopReplicaResponse>> apply, IAuthorizer authorizer)
    : Api<StopReplicaRequest, StopReplicaResponse>
{
    protected override async ValueTask<StopReplicaResponse?> Handle(StopReplicaRequest request, RequestContext context) =>
        authorizer.AllowsClusterAction(context) ? await apply(request) : new StopReplicaResponse { ErrorCode = (short)ErrorCode.ClusterAuthorizationFailed };
}
