using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Metadata;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// CreatePartitions, versions 0 to 3.
// 0: counts, or assignments of the new partitions; validate_only. 1: as 0. 2: flexible. 3: may answer THROTTLING_QUOTA_EXCEEDED, which this broker never does.

/// <summary>Adds partitions to topics, and answers when they have leaders or the request's time-out has expired.</summary>
internal sealed class CreatePartitionsApi(
    PartitionAddition addition, MetadataCache metadata, Func<bool> isController, Func<TimeSpan, RequestTime> begin, IAuthorizer authorizer)
    : Api<CreatePartitionsRequest, CreatePartitionsResponse>
{
    protected override async ValueTask<CreatePartitionsResponse?> Handle(CreatePartitionsRequest request, RequestContext context)
    {
        RequestTime time = begin(TimeSpan.FromMilliseconds(request.TimeoutMs));
        List<CreatePartitionsResponse.CreatePartitionsTopicResult> results = new();
        List<(CreatePartitionsResponse.CreatePartitionsTopicResult Result, int Count)> grown = new();
        foreach (IGrouping<string, CreatePartitionsRequest.CreatePartitionsTopic> topics in request.Topics.GroupBy(topic => topic.Name, StringComparer.Ordinal))
        {
            CreatePartitionsResponse.CreatePartitionsTopicResult result = Check([.. topics], context)
                ?? await Grow(topics.First(), request.ValidateOnly, time);
            results.Add(result);
            if (result.ErrorCode == 0 && !request.ValidateOnly)
            {
                grown.Add((result, topics.First().Count));
            }
        }

        if (grown.Count > 0)
        {
            await WaitForLeaders(grown, time.Left);
        }
        return new CreatePartitionsResponse { ThrottleTimeMs = context.ThrottleTimeMs, Results = [.. results] };
    }

    private static CreatePartitionsResponse.CreatePartitionsTopicResult Result(string name, ErrorCode error, string? message) =>
        new() { Name = name, ErrorCode = (short)error, ErrorMessage = message };

    private CreatePartitionsResponse.CreatePartitionsTopicResult? Check(
        IReadOnlyList<CreatePartitionsRequest.CreatePartitionsTopic> topics, RequestContext context)
    {
        string name = topics[0].Name;
        if (!isController())
        {
            return Result(name, ErrorCode.NotController, null);
        }
        if (topics.Count > 1)
        {
            return Result(name, ErrorCode.InvalidRequest, "Duplicate topic in request.");
        }
        return authorizer.Allows(context, AclOperation.Alter, ResourceType.Topic, name)
            ? null : Result(name, ErrorCode.TopicAuthorizationFailed, "The topic authorization is failed.");
    }

    private async Task<CreatePartitionsResponse.CreatePartitionsTopicResult> Grow(
        CreatePartitionsRequest.CreatePartitionsTopic topic, bool validateOnly, RequestTime time)
    {
        List<int[]>? assignments = topic.Assignments?.Select(assignment => assignment.BrokerIds).ToList();
        AdditionResult result = await addition.Grow(topic.Name, topic.Count, assignments, validateOnly, time);
        return Result(topic.Name, result.Error, result.Message);
    }

    private async Task WaitForLeaders(IReadOnlyList<(CreatePartitionsResponse.CreatePartitionsTopicResult Result, int Count)> grown, TimeSpan timeout)
    {
        static bool HasLeaders(ClusterImage image, string name, int count) =>
            image.Topic(name) is { } topic && topic.Partitions.Count >= count && topic.Partitions.Values.All(partition => partition.Leader >= 0);
        bool inTime = timeout > TimeSpan.Zero
            && await metadata.WaitFor(image => grown.All(entry => HasLeaders(image, entry.Result.Name, entry.Count)), timeout);
        if (inTime)
        {
            return;
        }
        foreach ((CreatePartitionsResponse.CreatePartitionsTopicResult result, int count) in grown)
        {
            if (timeout <= TimeSpan.Zero || !HasLeaders(metadata.Current, result.Name, count))
            {
                result.ErrorCode = (short)ErrorCode.RequestTimedOut;
            }
        }
    }
}
