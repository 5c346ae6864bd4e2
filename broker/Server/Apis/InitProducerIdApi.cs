using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Metadata;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// InitProducerId, versions 0 to 5.
// 0: a fresh producer id with epoch 0. 1: as 0. 2: flexible. 3: the client names the id it had, which counts for transactions only. 4, 5: further errors of
// transactions.
// Departs from Kafka: there are no transactions yet. A transactional id is answered TRANSACTIONAL_ID_AUTHORIZATION_FAILED, which the Java client and librdkafka
// both take as fatal, so that initTransactions fails at once with a name; every milder error would have them try for ever.

/// <summary>Gives idempotent producers their ids.</summary>
internal sealed class InitProducerIdApi(ProducerIds ids, IAuthorizer authorizer) : Api<InitProducerIdRequest, InitProducerIdResponse>
{
    protected override async ValueTask<InitProducerIdResponse?> Handle(InitProducerIdRequest request, RequestContext context)
    {
        if (request.TransactionalId is not null)
        {
            return Failed(request.TransactionalId.Length == 0 ? ErrorCode.InvalidRequest : ErrorCode.TransactionalIdAuthorizationFailed, context);
        }
        // An authorizer that knows ACLs answers the question for any topic with the empty name.
        bool mayWrite = authorizer.Allows(context, AclOperation.IdempotentWrite, ResourceType.Cluster, AuthorizedOperations.ClusterName)
            || authorizer.Allows(context, AclOperation.Write, ResourceType.Topic, "");
        if (!mayWrite)
        {
            return Failed(ErrorCode.ClusterAuthorizationFailed, context);
        }
        return await ids.Next() is { } id
            ? new InitProducerIdResponse { ThrottleTimeMs = context.ThrottleTimeMs, ProducerId = id, ProducerEpoch = 0 }
            : Failed(ErrorCode.CoordinatorLoadInProgress, context);
    }

    private static InitProducerIdResponse Failed(ErrorCode error, RequestContext context) =>
        new() { ThrottleTimeMs = context.ThrottleTimeMs, ErrorCode = (short)error, ProducerId = -1, ProducerEpoch = -1 };
}
