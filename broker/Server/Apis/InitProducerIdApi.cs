using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Metadata;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// InitProducerId, versions 0 to 5.
// 0: a new producer id with epoch 0. 1: as 0. 2: flexible. 3: the client sends the id that it had, which matters for transactions only. 4, 5: further error
// codes of transactions.
// Departs from Kafka: the broker does not serve transactions. A transactional id gets TRANSACTIONAL_ID_AUTHORIZATION_FAILED, which is fatal to the Java client
// and to librdkafka: initTransactions fails at once with this error. They would retry a retriable error for ever.

/// <summary>Assigns producer ids to idempotent producers.</summary>
internal sealed class InitProducerIdApi(ProducerIds ids, IAuthorizer authorizer) : Api<InitProducerIdRequest, InitProducerIdResponse>
{
    protected override async ValueTask<InitProducerIdResponse?> Handle(InitProducerIdRequest request, RequestContext context)
    {
        if (request.TransactionalId is not null)
        {
            return Failed(request.TransactionalId.Length == 0 ? ErrorCode.InvalidRequest : ErrorCode.TransactionalIdAuthorizationFailed, context);
        }
        // The empty topic name stands for "any topic".
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
