using Broker.Protocol.Messages;
using Broker.Server.Metadata;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// IncrementalAlterConfigs, versions 0 to 1.
// 0: sets, deletes, appends to and subtracts from single settings of topics and brokers; validate_only. 1: flexible.
// Departs from Kafka: loggers have no settings here and are answered INVALID_REQUEST.

/// <summary>Changes single settings.</summary>
internal sealed class IncrementalAlterConfigsApi(ConfigAlteration alteration, IAuthorizer authorizer)
    : Api<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>
{
    protected override async ValueTask<IncrementalAlterConfigsResponse?> Handle(IncrementalAlterConfigsRequest request, RequestContext context)
    {
        Dictionary<(sbyte ResourceType,
            string ResourceName), int> counts = request.Resources.CountBy(resource => (resource.ResourceType, resource.ResourceName)).ToDictionary();
        List<IncrementalAlterConfigsResponse.AlterConfigsResourceResponse> responses = new();
        foreach (IncrementalAlterConfigsRequest.AlterConfigsResource resource in request.Resources)
        {
            AlterationResult result = AlterConfigsChecks.Refusal(authorizer, context, resource.ResourceType, resource.ResourceName,
                counts[(resource.ResourceType, resource.ResourceName)])
                ?? await alteration.Change(
                    resource.ResourceType,
                    resource.ResourceName,
                    [.. resource.Configs.Select(config => new ConfigChange(config.Name, config.Value, (AlterOperation)config.ConfigOperation))],
                    request.ValidateOnly);
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
