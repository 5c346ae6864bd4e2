using Broker.Coordination;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Metadata;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// DeleteTopics, versions 0 to 6.
// 0: names. 1: throttle time. 2: as 1. 3: TOPIC_DELETION_DISABLED where deletion is disabled (INVALID_REQUEST in versions 0 to 2). 4: flexible.
// 5: error messages; may answer THROTTLING_QUOTA_EXCEEDED, which this broker never does. 6: topics by name or by id.

/// <summary>
/// Asks the controller, with a znode for each topic, to delete topics. Answers when the metadata no longer lists them or the request's time-out has expired.
/// </summary>
/// <param name="write">Writes as the controller; null where this broker is not it.</param>
/// <param name="metadata">The topics.</param>
/// <param name="isController">Whether this broker is the controller.</param>
/// <param name="isDeletionEnabled">delete.topic.enable.</param>
/// <param name="begin">Begins the time of a request.</param>
/// <param name="authorizer">Asked for Delete of each topic.</param>
internal sealed class DeleteTopicsApi(
    Func<Op, Task<Code?>> write, MetadataCache metadata, Func<bool> isController, bool isDeletionEnabled, Func<TimeSpan, RequestTime> begin,
    IAuthorizer authorizer)
    : Api<DeleteTopicsRequest, DeleteTopicsResponse>
{
    private const short FirstWithDeletionDisabled = 3;
    private const short FirstWithIds = 6;

    protected override async ValueTask<DeleteTopicsResponse?> Handle(DeleteTopicsRequest request, RequestContext context)
    {
        DeleteTopicsRequest.DeleteTopicState[] wanted = context.ApiVersion >= FirstWithIds
            ? request.Topics
            : [.. request.TopicNames.Select(name => new DeleteTopicsRequest.DeleteTopicState { Name = name })];
        RequestTime time = begin(TimeSpan.FromMilliseconds(request.TimeoutMs));
        ClusterImage image = metadata.Current;
        if (RefusalOfAll(wanted, context) is { } refusal)
        {
            return new DeleteTopicsResponse
            {
                ThrottleTimeMs = context.ThrottleTimeMs, Responses = [.. wanted.Select(topic => Result(topic.Name, topic.TopicId, refusal))],
            };
        }
        DeleteTopicsResponse.DeletableTopicResult[] results = wanted.Select(topic => Check(image, topic, context)).ToArray();
        List<DeleteTopicsResponse.DeletableTopicResult> marked = new();
        foreach (DeleteTopicsResponse.DeletableTopicResult result in results.Where(result => result.ErrorCode == 0))
        {
            result.ErrorCode = (short)await Mark(image, result.Name!, time);
            if (result.ErrorCode == 0)
            {
                marked.Add(result);
            }
        }

        if (marked.Count > 0)
        {
            await WaitUntilDeleted(image, marked, time.Left);
        }
        return new DeleteTopicsResponse { ThrottleTimeMs = context.ThrottleTimeMs, Responses = results };
    }

    private static DeleteTopicsResponse.DeletableTopicResult Result(string? name, Guid id, ErrorCode error)
        => new() { Name = name, TopicId = id, ErrorCode = (short)error };

    private ErrorCode? RefusalOfAll(DeleteTopicsRequest.DeleteTopicState[] wanted, RequestContext context)
    {
        if (!isController())
        {
            return ErrorCode.NotController;
        }
        if (!isDeletionEnabled)
        {
            return context.ApiVersion < FirstWithDeletionDisabled ? ErrorCode.InvalidRequest : ErrorCode.TopicDeletionDisabled;
        }
        return Array.Exists(wanted, topic => topic.Name is not null && topic.TopicId != Guid.Empty) ? ErrorCode.InvalidRequest : null;
    }

    private DeleteTopicsResponse.DeletableTopicResult Check(ClusterImage image, DeleteTopicsRequest.DeleteTopicState wanted, RequestContext context)
    {
        bool isById = wanted.TopicId != Guid.Empty;
        string? name = isById ? image.Topic(wanted.TopicId)?.Name : wanted.Name;
        if (name is null)
        {
            // Without a name and an id there is no topic to have a right on, which Kafka answers as a missing right.
            return Result(null, wanted.TopicId, isById ? ErrorCode.UnknownTopicId : ErrorCode.TopicAuthorizationFailed);
        }
        // A client that may not describe the topic does not get the name that belongs to its id.
        if (isById && !authorizer.Allows(context, AclOperation.Describe, ResourceType.Topic, name))
        {
            return Result(null, wanted.TopicId, ErrorCode.TopicAuthorizationFailed);
        }
        if (!authorizer.Allows(context, AclOperation.Delete, ResourceType.Topic, name))
        {
            return Result(name, wanted.TopicId, ErrorCode.TopicAuthorizationFailed);
        }
        return Result(name, wanted.TopicId, image.Topic(name) is null ? ErrorCode.UnknownTopicOrPartition : ErrorCode.None);
    }

    private Task<ErrorCode> Mark(ClusterImage before, string topic, RequestTime time) => time.Persist(
        async () =>
        {
            // An earlier try whose answer was lost may have deleted it: a new topic of the name must stay.
            if (IsDeleted(before, metadata.Current, topic))
            {
                return ErrorCode.None;
            }
            string mark = ZnodePaths.DeleteTopic(topic);
            return await write(new Op.Create(mark, null)) switch
            {
                null => ErrorCode.NotController,
                Code.Ok or Code.NodeExists => ErrorCode.None,
                { } failed => throw new CoordinationLostException(failed, mark),
            };
        },
        (error, _) => error);

    /// <summary>A topic counts as deleted, too, when a new topic has the same name.</summary>
    private static bool IsDeleted(ClusterImage before, ClusterImage after, string topic) => after.Topic(topic)?.Id != before.Topic(topic)?.Id;

    private async Task WaitUntilDeleted(ClusterImage before, IReadOnlyList<DeleteTopicsResponse.DeletableTopicResult> marked, TimeSpan timeout)
    {
        bool inTime = timeout > TimeSpan.Zero && await metadata.WaitFor(image => marked.All(result => IsDeleted(before, image, result.Name!)), timeout);
        if (inTime)
        {
            return;
        }
        ClusterImage after = metadata.Current;
        foreach (DeleteTopicsResponse.DeletableTopicResult late in marked.Where(result => timeout <= TimeSpan.Zero || !IsDeleted(before, after, result.Name!)))
        {
            late.ErrorCode = (short)ErrorCode.RequestTimedOut;
        }
    }
}
