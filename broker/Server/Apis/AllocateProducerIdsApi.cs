using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// AllocateProducerIds, version 0 (flexible).

/// <summary>The controller gives a broker the next block of producer ids.</summary>
internal sealed class AllocateProducerIdsApi(Func<AllocateProducerIdsRequest, ValueTask<AllocateProducerIdsResponse>> allocate, IAuthorizer authorizer)
    : Api<AllocateProducerIdsRequest, AllocateProducerIdsResponse>
{
    protected override async ValueTask<AllocateProducerIdsResponse?> Handle(AllocateProducerIdsRequest request, RequestContext context)
    {
        AllocateProducerIdsResponse response = authorizer.AllowsClusterAction(context)
            ? await allocate(request)
            : new AllocateProducerIdsResponse { ErrorCode = (short)ErrorCode.ClusterAuthorizationFailed };
        response.ThrottleTimeMs = context.ThrottleTimeMs;
        return response;
    }
}
