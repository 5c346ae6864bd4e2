using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// CreateAcls, versions 0 to 3.
// 0: literal names. 1: patterns of names. 2: flexible. 3: users as a type of resource.
// This broker has no ACLs: each creation gets SECURITY_DISABLED, as in a Kafka broker without an authorizer.

/// <summary>Refuses to create ACLs.</summary>
internal sealed class CreateAclsApi(IAuthorizer authorizer) : Api<CreateAclsRequest, CreateAclsResponse>
{
    protected override ValueTask<CreateAclsResponse?> Handle(CreateAclsRequest request, RequestContext context)
    {
        (ErrorCode error, string message) = AclRefusal.Of(authorizer, context, AclOperation.Alter, AclRefusal.NoAuthorizer);
        return ValueTask.FromResult<CreateAclsResponse?>(new CreateAclsResponse
        {
            ThrottleTimeMs = context.ThrottleTimeMs,
            Results = [.. request.Creations.Select(_ => new CreateAclsResponse.AclCreationResult { ErrorCode = (short)error, ErrorMessage = message })],
        });
    }
}
