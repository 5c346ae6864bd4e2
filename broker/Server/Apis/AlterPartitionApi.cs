using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// AlterPartition, versions 0 to 3 (flexible from 0).
// 0: topics by name. 1: recovery after an unclean election. 2: topics by id; further error codes. 3: the in-sync replicas have their brokers' epochs.

/// <summary>The controller changes the in-sync replicas of partitions on behalf of their leader.</summary>
/// <param name="alter">Is given the request and its version.</param>
/// <param name="authorizer">Asked for ClusterAction.</param>
internal sealed class AlterPartitionApi(Func<AlterPartitionRequest, short, ValueTask<AlterPartitionResponse>> alter, IAuthorizer authorizer)
    : Api<AlterPartitionRequest, AlterPartitionResponse>
{
    protected override async ValueTask<AlterPartitionResponse?> Handle(AlterPartitionRequest request, RequestContext context)
    {
        AlterPartitionResponse response = authorizer.AllowsClusterAction(context)
            ? await alter(request, context.ApiVersion)
            : new AlterPartitionResponse { ErrorCode = (short)ErrorCode.ClusterAuthorizationFailed };
        response.ThrottleTimeMs = context.ThrottleTimeMs;
        return response;
    }
}
