using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Metadata;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// DescribeConfigs, versions 0 to 4.
// 0: values; is_default is never set, as Kafka never sets it. 1: sources and synonyms instead. 2: as 1. 3: types, and documentation where the request asks for
// it. 4: flexible.
// A null or empty list of names asks for all settings. The broker reads the settings from their znodes for each request, so that a client that has the response
// to a change sees the change.
// Departs from Kafka: loggers and client metrics have no settings here, a request for them gets INVALID_REQUEST; the documentation texts are this broker's own;
// a broker's dynamic settings are those in its znodes, where Kafka lists those that it has already applied.

/// <summary>Lists the settings of topics and brokers, and the source of each value.</summary>
internal sealed class DescribeConfigsApi(
    MetadataCache metadata, TopicConfigs topics, DynamicBrokerConfigs brokers, int brokerId, Func<TimeSpan, RequestTime> begin, IAuthorizer authorizer)
    : Api<DescribeConfigsRequest, DescribeConfigsResponse>
{
    protected override async ValueTask<DescribeConfigsResponse?> Handle(DescribeConfigsRequest request, RequestContext context)
    {
        IReadOnlyList<Description> described = await begin(RequestTime.Unnamed).Persist(
            () => Describe(request.Resources, context), (error, message) => [.. request.Resources.Select(_ => Description.Failed(error, message))]);
        return new DescribeConfigsResponse
        {
            ThrottleTimeMs = context.ThrottleTimeMs,
            Results = [.. request.Resources.Zip(described, (resource, description) => ToResult(resource, description, request))],
        };
    }

    private static DescribeConfigsResponse.DescribeConfigsResult ToResult(
        DescribeConfigsRequest.DescribeConfigsResource resource, in Description description, DescribeConfigsRequest request)
    {
        string[] wanted = resource.ConfigurationKeys ?? [];
        return new DescribeConfigsResponse.DescribeConfigsResult
        {
            ErrorCode = (short)description.Error,
            ErrorMessage = description.Message,
            ResourceType = resource.ResourceType,
            ResourceName = resource.ResourceName,
            Configs = [.. description.Entries.Where(entry => wanted.Length == 0 || wanted.Contains(entry.Name)).Select(entry => ToResult(entry, request))],
        };
    }

    /// <summary>Describes each resource; the broker's settings are read once for all of them.</summary>
    private Task<IReadOnlyList<Description>> Describe(DescribeConfigsRequest.DescribeConfigsResource[] resources, RequestContext context)
    {
        Task<BrokerConfigLayers>? layers = null;
        Task<BrokerConfigLayers> Layers() => layers ??= brokers.Read().AsTask();
        return Pipelined.Run(resources, resource => resource.ResourceType switch
        {
            ConfigAlteration.TopicResource => OfTopic(resource.ResourceName, Layers, context),
            ConfigAlteration.BrokerResource => OfBroker(resource.ResourceName, Layers, context),
            _ => Task.FromResult(Description.Failed(ErrorCode.InvalidRequest, ErrorMessages.InvalidRequest)),
        });
    }

    private async Task<Description> OfTopic(string name, Func<Task<BrokerConfigLayers>> layers, RequestContext context)
    {
        if (!authorizer.Allows(context, AclOperation.DescribeConfigs, ResourceType.Topic, name))
        {
            return Description.Failed(ErrorCode.TopicAuthorizationFailed, null);
        }

        if (TopicNames.Problem(name) is { } problem)
        {
            return Description.Failed(ErrorCode.InvalidTopicException, problem);
        }

        if (metadata.Current.Topic(name) is null)
        {
            return Description.Failed(ErrorCode.UnknownTopicOrPartition, "");
        }
        Task<BrokerConfigLayers> below = layers();
        return Description.Of(ConfigEntries.OfTopic(await topics.Read(name), await below));
    }

    private async Task<Description> OfBroker(string name, Func<Task<BrokerConfigLayers>> layers, RequestContext context)
    {
        if (!authorizer.Allows(context, AclOperation.DescribeConfigs, ResourceType.Cluster, AuthorizedOperations.ClusterName))
        {
            return Description.Failed(ErrorCode.ClusterAuthorizationFailed, null);
        }

        if (name.Length == 0)
        {
            return Description.Of(ConfigEntries.OfAllBrokers(await layers()));
        }

        if (!int.TryParse(name, out int id))
        {
            return Description.Failed(ErrorCode.InvalidRequest, $"Broker id must be an integer, but it is: {name}");
        }

        return id == brokerId
            ? Description.Of(ConfigEntries.OfBroker(await layers()))
            : Description.Failed(ErrorCode.InvalidRequest, $"Unexpected broker id, expected {brokerId} or empty string, but received {name}");
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

    /// <summary>A resource's settings, or the error why they cannot be listed.</summary>
    private readonly record struct Description(ErrorCode Error, string? Message, IEnumerable<ConfigEntry> Entries)
    {
        /// <summary>On success Kafka sends an empty message in this API, and null in others.</summary>
        public static Description Of(IEnumerable<ConfigEntry> entries) => new(ErrorCode.None, "", entries);

        public static Description Failed(ErrorCode error, string? message) => new(error, message, []);
    }
}
