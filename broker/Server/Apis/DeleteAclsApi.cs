using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// DeleteAcls, versions 0 to 3.
// 0: filters of literal names. 1: patterns of names. 2: flexible. 3: users as a type of resource.
// This broker has no ACLs: each filter gets SECURITY_DISABLED, as in a Kafka broker without an authorizer.

/// <summary>Refuses to delete ACLs.</summary>
internal sealed class DeleteAclsApi(IAuthorizer authorizer) : Api<DeleteAclsRequest, DeleteAclsResponse>
{
    protected override ValueTask<DeleteAclsResponse?> Handle(DeleteAclsRequest request, RequestContext context)
    {
        (ErrorCode error, string message) = AclRefusal.Of(authorizer, context, AclOperation.Alter, AclRefusal.NoAuthorizer);
        return ValueTask.FromResult<DeleteAclsResponse?>(new DeleteAclsResponse
        {
            ThrottleTimeMs = context.ThrottleTimeMs,
            FilterResults = [.. request.Filters.Select(_ => new DeleteAclsResponse.DeleteAclsFilterResult
            {
                ErrorCode = (short)error, ErrorMessage = message,
            })],
        });
    }
}
