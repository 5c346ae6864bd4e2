using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// ControlledShutdown, versions 0 to 3.
// 0: the broker that stops; its header has no client id. 1: as 0. 2: the broker's epoch. 3: flexible.
// Departs from Kafka: a broker that is not registered gets BROKER_NOT_AVAILABLE in every version; Kafka answers UNKNOWN_SERVER_ERROR where it sends an epoch.

/// <summary>The controller moves the leaderships of a broker that stops, and answers which partitions it still leads.</summary>
internal sealed class ControlledShutdownApi(Func<ControlledShutdownRequest, ValueTask<ControlledShutdownResponse>> shutDown, IAuthorizer authorizer)
    : Api<ControlledShutdownRequest, ControlledShutdownResponse>
{
    protected override async ValueTask<ControlledShutdownResponse?> Handle(ControlledShutdownRequest request, RequestContext context) =>
        authorizer.AllowsClusterAction(context)
            ? await shutDown(request)
            : new ControlledShutdownResponse { ErrorCode = (short)ErrorCode.ClusterAuthorizationFailed };
}
