using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Metadata;
using Broker.Server.Network;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// DescribeConfigs, versions 0 to 4.
// 0: values; is_default is never set, as Kafka never sets it. 1: sources and synonyms instead. 2: as 1. 3: types, and documentation where it is asked for. 4:
// flexible.
// Departs from Kafka: loggers and client metrics have no settings here and are answered INVALID_REQUEST; documentation is this broker's own.

/// <summary>Tells the settings of topics and brokers, and where each comes from.</summary>
internal sealed class DescribeConfigsApi(MetadataCache metadata, TopicConfigs topics, DynamicBrokerConfigs brokers, int brokerId, IAuthorizer authorizer)
    : Api<DescribeConfigsRequest, DescribeConfigsResponse>
{
    protected override ValueTask<DescribeConfigsResponse?> Handle(DescribeConfigsRequest request, RequestContext context) =>
        ValueTask.FromResult<DescribeConfigsResponse?>(new DescribeConfigsResponse
        {
            ThrottleTimeMs = context.ThrottleTimeMs,
            Results = [.. request.Resources.Select(resource => Describe(resource, request, context))],
        });

    private DescribeConfigsResponse.DescribeConfigsResult Describe(
        DescribeConfigsRequest.DescribeConfigsResource resource, DescribeConfigsRequest request, RequestContext context)
    {
        (ErrorCode error, string? message, IEnumerable<ConfigEntry> entries) = resource.ResourceType switch
        {
            ConfigAlteration.TopicResource => OfTopic(resource.ResourceName, context),
            ConfigAlteration.BrokerResource => OfBroker(resource.ResourceName, context),
            var other => (ErrorCode.InvalidRequest, $"Unsupported resource type: {other}", []),
        };
        string[]? wanted = resource.ConfigurationKeys;
        return new DescribeConfigsResponse.DescribeConfigsResult
        {
            ErrorCode = (short)error,
            ErrorMessage = message,
            ResourceType = resource.ResourceType,
            ResourceName = resource.ResourceName,
            Configs = [.. entries.Where(entry => wanted is null || wanted.Contains(entry.Name)).Select(entry => ToResult(entry, request))],
        };
    }

    private (ErrorCode Error, string? Message, IEnumerable<ConfigEntry> Entries) OfTopic(string name, RequestContext context)
    {
        if (!authorizer.Allows(context, AclOperation.DescribeConfigs, ResourceType.Topic, name))
        {
            return (ErrorCode.TopicAuthorizationFailed, null, []);
        }
        if (TopicNames.Problem(name) is { } problem)
        {
            return (ErrorCode.InvalidTopicException, problem, []);
        }
        return metadata.Current.Topic(name) is null
            ? (ErrorCode.UnknownTopicOrPartition, null, [])
            : (ErrorCode.None, null, ConfigEntries.OfTopic(topics.OverridesOf(name), brokers.Layers));
    }

    private (ErrorCode Error, string? Message, IEnumerable<ConfigEntry> Entries) OfBroker(string name, RequestContext context)
    {
        if (!authorizer.Allows(context, AclOperation.DescribeConfigs, ResourceType.Cluster, AuthorizedOperations.ClusterName))
        {
            return (ErrorCode.ClusterAuthorizationFailed, null, []);
        }
        if (name.Length == 0)
        {
            return (ErrorCode.None, null, ConfigEntries.OfAllBrokers(brokers.Layers));
        }
        if (!int.TryParse(name, out int id))
        {
            return (ErrorCode.InvalidRequest, $"Broker id must be an integer, but it is: {name}", []);
        }
        return id == brokerId
            ? (ErrorCode.None, null, ConfigEntries.OfBroker(brokers.Layers))
            : (ErrorCode.InvalidRequest, $"Unexpected broker id, expected {brokerId} or empty string, but received {name}", []);
    }

    private static DescribeConfigsResponse.DescribeConfigsResourceResult ToResult(ConfigEntry entry, DescribeConfigsRequest request) => new()
    {
        Name = entry.Name,
        Value = entry.Value,
        ReadOnly = entry.IsReadOnly,
        ConfigSource = (sbyte)entry.Source,
        IsSensitive = entry.IsSensitive,
        ConfigType = (sbyte)entry.Type,
        Documentation = request.IncludeDocumentation ? entry.Documentation : null,
        Synonyms = !request.IncludeSynonyms ? [] : [.. entry.Synonyms.Select(synonym => new DescribeConfigsResponse.DescribeConfigsSynonym
        {
            Name = synonym.Name,
            Value = synonym.Value,
            Source = (sbyte)synonym.Source,
        })],
    };
}
