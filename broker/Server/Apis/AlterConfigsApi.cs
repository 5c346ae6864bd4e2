using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Metadata;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// AlterConfigs, versions 0 to 2.
// 0: replaces the whole dynamic configuration of topics and brokers; validate_only. 1: as 0. 2: flexible.

/// <summary>Replaces the dynamic settings of topics and brokers.</summary>
internal sealed class AlterConfigsApi(ConfigAlteration alteration, Func<TimeSpan, RequestTime> begin, IAuthorizer authorizer)
    : Api<AlterConfigsRequest, AlterConfigsResponse>
{
    protected override async ValueTask<AlterConfigsResponse?> Handle(AlterConfigsRequest request, RequestContext context)
    {
        RequestTime time = begin(RequestTime.Unnamed);
        Dictionary<(sbyte ResourceType, string ResourceName), int> counts =
            request.Resources.CountBy(resource => (resource.ResourceType, resource.ResourceName)).ToDictionary();
        List<AlterConfigsResponse.AlterConfigsResourceResponse> responses = new();
        foreach (AlterConfigsRequest.AlterConfigsResource resource in request.Resources)
        {
            int count = counts[(resource.ResourceType, resource.ResourceName)];
            AlterationResult result = AlterConfigsChecks.Refusal(authorizer, context, resource.ResourceType, resource.ResourceName, count)
                ?? await alteration.Replace(
                    resource.ResourceType,
                    resource.ResourceName,
                    [.. resource.Configs.Select(config => new ConfigChange(config.Name, config.Value, AlterOperation.Set))],
                    request.ValidateOnly,
                    time);
            responses.Add(new AlterConfigsResponse.AlterConfigsResourceResponse
            {
                ErrorCode = (short)result.Error,
                ErrorMessage = result.Message,
                ResourceType = resource.ResourceType,
                ResourceName = resource.ResourceName,
            });
        }

        return new AlterConfigsResponse { ThrottleTimeMs = context.ThrottleTimeMs, Responses = [.. responses] };
    }
}

/// <summary>What AlterConfigs and IncrementalAlterConfigs check first.</summary>
internal static class AlterConfigsChecks
{
    /// <summary>The error for a resource that the request names twice or that the client may not alter; null for every other resource.</summary>
    internal static AlterationResult? Refusal(IAuthorizer authorizer, RequestContext context, sbyte type, string name, int count)
    {
        if (count > 1)
        {
            return new AlterationResult(ErrorCode.InvalidRequest, "Each resource must appear at most once.");
        }
        return type switch
        {
            ConfigAlteration.TopicResource when !authorizer.Allows(context, AclOperation.AlterConfigs, ResourceType.Topic, name) =>
                new AlterationResult(ErrorCode.TopicAuthorizationFailed, null),
            ConfigAlteration.BrokerResource
                when !authorizer.Allows(context, AclOperation.AlterConfigs, ResourceType.Cluster, AuthorizedOperations.ClusterName) =>
                new AlterationResult(ErrorCode.ClusterAuthorizationFailed, null),
            _ => null,
        };
    }
}
