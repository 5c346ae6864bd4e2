using Broker.Protocol.Messages;
using Broker.Server.Metadata;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// IncrementalAlterConfigs, versions 0 to 1.
// 0: sets, deletes, appends to and subtracts from single settings of topics and brokers; validate_only. 1: flexible.
// Departs from Kafka: loggers have no settings here; a request for one gets INVALID_REQUEST.

/// <summary>Changes single settings of topics and brokers.</summary>
internal sealed class IncrementalAlterConfigsApi(ConfigAlteration alteration, Func<TimeSpan, RequestTime> begin, IAuthorizer authorizer)
    : Api<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>
{
    protected override async ValueTask<IncrementalAlterConfigsResponse?> Handle(IncrementalAlterConfigsRequest request, RequestContext context)
    {
        RequestTime time = begin(RequestTime.Unnamed);
        Dictionary<(sbyte ResourceType, string ResourceName), int> counts =
            request.Resources.CountBy(resource => (resource.ResourceType, resource.ResourceName)).ToDictionary();
        List<IncrementalAlterConfigsResponse.AlterConfigsResourceResponse> responses = new();
        foreach (IncrementalAlterConfigsRequest.AlterConfigsResource resource in request.Resources)
        {
            int count = counts[(resource.ResourceType, resource.ResourceName)];
            AlterationResult result = AlterConfigsChecks.Refusal(authorizer, context, resource.ResourceType, resource.ResourceName, count)
                ?? await alteration.Change(
                    resource.ResourceType,
                    resource.ResourceName,
                    [.. resource.Configs.Select(config => new ConfigChange(config.Name, config.Value, (AlterOperation)config.ConfigOperation))],
                    request.ValidateOnly,
                    time);
            responses.Add(new IncrementalAlterConfigsResponse.AlterConfigsResourceResponse
            {
                ErrorCode = (short)result.Error,
                ErrorMessage = result.Message,
                ResourceType = resource.ResourceType,
                ResourceName = resource.ResourceName,
            });
        }

        return new IncrementalAlterConfigsResponse { ThrottleTimeMs = context.ThrottleTimeMs, Responses = [.. responses] };
    }
}
