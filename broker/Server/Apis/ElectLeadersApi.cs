using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Metadata;
using Broker.Server.Requests;
using Broker.Server.Security;
using Broker.Storage;

namespace Broker.Server.Apis;

// ElectLeaders, versions 0 to 2.
// 0: elects preferred leaders, of the named partitions or of all. 1: also unclean leaders, and an error of the whole request. 2: flexible.
// Departs from Kafka: an unknown type of election is answered with INVALID_REQUEST, where Kafka answers UNKNOWN_SERVER_ERROR.

/// <summary>Elects leaders, and answers when the metadata names them or the request's time-out has expired. Only the controller does.</summary>
/// <param name="elect">Elects preferred (false) or unclean (true) leaders, and returns a result for each partition.</param>
/// <param name="metadata">What this broker knows of the cluster.</param>
/// <param name="authorizer">Altering the cluster is the right that it takes.</param>
internal sealed class ElectLeadersApi(
    Func<bool, IReadOnlyCollection<TopicPartition>, Task<IReadOnlyList<ElectionResult>>> elect, MetadataCache metadata, IAuthorizer authorizer)
    : Api<ElectLeadersRequest, ElectLeadersResponse>
{
    private const sbyte Unclean = 1;

    protected override async ValueTask<ElectLeadersResponse?> Handle(ElectLeadersRequest request, RequestContext context)
    {
        if (!authorizer.Allows(context, AclOperation.Alter, ResourceType.Cluster, AuthorizedOperations.ClusterName))
        {
            return Refuse(request, ErrorCode.ClusterAuthorizationFailed, context);
        }
        if (request.ElectionType is < 0 or > Unclean)
        {
            return Refuse(request, ErrorCode.InvalidRequest, context);
        }
        bool isForAll = request.TopicPartitions is null;
        TopicPartition[] partitions = isForAll ? AllPartitions() : [.. Named(request).Distinct()];
        IReadOnlyList<ElectionResult> results = await elect(request.ElectionType == Unclean, partitions);
        IReadOnlyList<ElectionResult> late = await WaitForLeaders(results, TimeSpan.FromMilliseconds(request.TimeoutMs));
        return Answer(
            ErrorCode.None,
            results.Where(result => !isForAll || result.Error != ErrorCode.ElectionNotNeeded)
                .Select(result => late.Contains(result) ? result with { Error = ErrorCode.RequestTimedOut } : result),
            context);
    }

    private static IEnumerable<TopicPartition> Named(ElectLeadersRequest request) => (request.TopicPartitions ?? []).SelectMany(topic =>
        topic.Partitions.Select(partition => new TopicPartition(topic.Topic, partition)));

    private static ElectLeadersResponse Refuse(ElectLeadersRequest request, ErrorCode error, RequestContext context) =>
        Answer(error, Named(request).Distinct().Select(partition => new ElectionResult(partition, error)), context);

    private static ElectLeadersResponse Answer(ErrorCode error, IEnumerable<ElectionResult> results, RequestContext context) => new()
    {
        ThrottleTimeMs = context.ThrottleTimeMs,
        ErrorCode = (short)error,
        ReplicaElectionResults = [.. results.GroupBy(result => result.Partition.Topic, StringComparer.Ordinal)
            .Select(topic => new ElectLeadersResponse.ElectLeadersTopicResult
            {
                Topic = topic.Key,
                PartitionResult = [.. topic.Select(result => new ElectLeadersResponse.ElectLeadersPartitionResult
                {
                    PartitionId = result.Partition.Partition, ErrorCode = (short)result.Error, ErrorMessage = MessageOf(result.Error),
                })],
            })],
    };

    private static string? MessageOf(ErrorCode error) => error switch
    {
        ErrorCode.UnknownTopicOrPartition => "The partition does not exist.",
        ErrorCode.InvalidTopicException => "The topic is being deleted",
        ErrorCode.ElectionNotNeeded => "Leader election not needed for topic partition.",
        ErrorCode.PreferredLeaderNotAvailable => "The preferred leader was not available.",
        ErrorCode.EligibleLeadersNotAvailable => "Eligible topic partition leaders are not available.",
        ErrorCode.RequestTimedOut => "The request timed out.",
        _ => null,
    };

    private TopicPartition[] AllPartitions() =>
    [
        .. metadata.Current.Topics.Values.OrderBy(topic => topic.Name, StringComparer.Ordinal)
            .SelectMany(topic => topic.Partitions.Keys.Select(partition => new TopicPartition(topic.Name, partition))),
    ];

    /// <returns>The elected leaders that the metadata does not name when the time is over.</returns>
    private async Task<IReadOnlyList<ElectionResult>> WaitForLeaders(IReadOnlyList<ElectionResult> results, TimeSpan timeout)
    {
        ElectionResult[] elected = [.. results.Where(result => result.Error == ErrorCode.None)];
        bool inTime = await metadata.WaitFor(image => elected.All(result => IsKnown(image, result)), timeout);
        return inTime ? [] : [.. elected.Where(result => !IsKnown(metadata.Current, result))];
    }

    private static bool IsKnown(ClusterImage image, ElectionResult result) =>
        image.Partition(result.Partition.Topic, result.Partition.Partition)?.Leader == result.Leader;
}
