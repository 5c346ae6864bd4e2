using Broker.Server.Requests;

namespace Broker.Server.Security;

/// <summary>Decides which principal may do what. Every handler calls it for every resource, before it checks whether the resource exists.</summary>
internal interface IAuthorizer
{
    /// <summary>Whether the request's principal may do <paramref name="operation"/> on the named resource. Any thread; never blocks.</summary>
    bool Allows(RequestContext context, AclOperation operation, ResourceType type, string name);
}

/// <summary>The authorizer of a broker for which none is configured: everything is allowed, as Kafka does with an empty <c>authorizer.class.name</c>.</summary>
internal sealed class AllowAllAuthorizer : IAuthorizer
{
    public bool Allows(RequestContext context, AclOperation operation, ResourceType type, string name) => true;
}
