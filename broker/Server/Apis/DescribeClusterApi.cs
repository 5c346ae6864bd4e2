using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Metadata;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// DescribeCluster, versions 0 to 1 (flexible from 0).
// 0: cluster id, controller, brokers. 1: the client asks for brokers (1) or for controllers (2); a broker lists no controllers and answers
// MISMATCHED_ENDPOINT_TYPE to the second.

/// <summary>Lists the cluster's brokers, each with its endpoint of the listener that the request came over.</summary>
internal sealed class DescribeClusterApi(MetadataCache metadata, IAuthorizer authorizer) : Api<DescribeClusterRequest, DescribeClusterResponse>
{
    private const sbyte Brokers = 1;
    private const sbyte Controllers = 2;

    protected override ValueTask<DescribeClusterResponse?> Handle(DescribeClusterRequest request, RequestContext context) =>
        ValueTask.FromResult<DescribeClusterResponse?>(request.EndpointType switch
        {
            Brokers => Describe(request, context),
            Controllers => Refuse(
                ErrorCode.MismatchedEndpointType, "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER", context),
            _ => Refuse(ErrorCode.UnsupportedEndpointType, $"Unsupported endpoint type {request.EndpointType}", context),
        });

    private static DescribeClusterResponse Refuse(ErrorCode error, string message, RequestContext context) =>
        new() { ThrottleTimeMs = context.ThrottleTimeMs, ErrorCode = (short)error, ErrorMessage = message };

    private DescribeClusterResponse Describe(DescribeClusterRequest request, RequestContext context)
    {
        ClusterImage image = metadata.Current;
        return new DescribeClusterResponse
        {
            ThrottleTimeMs = context.ThrottleTimeMs,
            ClusterId = image.ClusterId,
            ControllerId = image.ControllerId,
            Brokers = [.. image.Brokers.Values
                .Where(broker => broker.On(context.ListenerName) is not null)
                .Select(broker => ToBroker(broker, context.ListenerName))],
            ClusterAuthorizedOperations = Operations(request, context),
        };
    }

    private static DescribeClusterResponse.DescribeClusterBroker ToBroker(BrokerImage broker, string listener)
    {
        Metadata.Znodes.BrokerEndpoint endpoint = broker.On(listener)!;
        return new DescribeClusterResponse.DescribeClusterBroker { BrokerId = broker.Id, Host = endpoint.Host, Port = endpoint.Port, Rack = broker.Rack };
    }

    private int Operations(DescribeClusterRequest request, RequestContext context)
    {
        if (!request.IncludeClusterAuthorizedOperations)
        {
            return AuthorizedOperations.NotAsked;
        }
        return authorizer.Allows(context, AclOperation.Describe, ResourceType.Cluster, AuthorizedOperations.ClusterName)
            ? AuthorizedOperations.Of(authorizer, context, ResourceType.Cluster, AuthorizedOperations.ClusterName)
            : 0;
    }
}
