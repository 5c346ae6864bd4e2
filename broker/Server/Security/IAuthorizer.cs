using Broker.Server.Requests;

namespace Broker.Server.Security;

/// <summary>Says who may do what. Asked by every handler for every resource, before it looks whether the resource exists.</summary>
internal interface IAuthorizer
{
    /// <summary>Whether the request's principal may do <paramref name="operation"/> on the named resource. Any thread; never blocks.</summary>
    bool Allows(RequestContext context, AclOperation operation, ResourceType type, string name);
}

/// <summary>The authorizer of a broker without one configured: all is allowed, as Kafka does with an empty <c>authorizer.class.name</c>.</summary>
internal sealed class AllowAllAuthorizer : IAuthorizer
{
    public bool Allows(RequestContext context, AclOperation operation, ResourceType type, string name) => true;
}
