using Broker.Coordination;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Metadata;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// DeleteTopics, versions 0 to 6.
// 0: names. 1: throttle time. 2: as 1. 3: TOPIC_DELETION_DISABLED where deletion is off (INVALID_REQUEST below). 4: flexible. 5: error messages, may be
// throttled.
// 6: topics by name or by id.

/// <summary>Asks the controller, by a znode, to delete topics, and answers when they have left the metadata or the time is over.</summary>
internal sealed class DeleteTopicsApi(ZnodeClient znodes, MetadataCache metadata, Func<bool> isController, bool isDeletionEnabled, IAuthorizer authorizer)
    : Api<DeleteTopicsRequest, DeleteTopicsResponse>
{
    private const short FirstWithDeletionDisabled = 3;
    private const short FirstWithIds = 6;

    protected override async ValueTask<DeleteTopicsResponse?> Handle(DeleteTopicsRequest request, RequestContext context)
    {
        DeleteTopicsRequest.DeleteTopicState[] wanted = context.ApiVersion >= FirstWithIds
            ? request.Topics
            : [.. request.TopicNames.Select(name => new DeleteTopicsRequest.DeleteTopicState { Name = name })];
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
            result.ErrorCode = (short)await Mark(result.Name!);
            if (result.ErrorCode == 0)
            {
                marked.Add(result);
            }
        }

        if (marked.Count > 0)
        {
            await WaitUntilGone(image, marked, TimeSpan.FromMilliseconds(request.TimeoutMs));
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
            return Result(null, wanted.TopicId, isById ? ErrorCode.UnknownTopicId : ErrorCode.TopicAuthorizationFailed); // Nobody may delete what has no name.
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

    private async Task<ErrorCode> Mark(string topic)
    {
        CreateResult created = await znodes.Session.Create(ZnodePaths.DeleteTopic(topic), null);
        return created.Code is Code.Ok or Code.NodeExists ? ErrorCode.None : ErrorCode.UnknownServerError;
    }

    /// <summary>A topic is gone, too, when another one has taken its name meanwhile.</summary>
    private async Task WaitUntilGone(ClusterImage before, IReadOnlyList<DeleteTopicsResponse.DeletableTopicResult> marked, TimeSpan timeout)
    {
        bool IsGone(ClusterImage image, DeleteTopicsResponse.DeletableTopicResult result) => image.Topic(result.Name!)?.Id != before.Topic(result.Name!)?.Id;
        bool inTime = timeout > TimeSpan.Zero && await metadata.WaitFor(image => marked.All(result => IsGone(image, result)), timeout);
        foreach (DeleteTopicsResponse.DeletableTopicResult late in marked.Where(result => !inTime
            && (timeout <= TimeSpan.Zero || !IsGone(metadata.Current, result))))
        {
            late.ErrorCode = (short)ErrorCode.RequestTimedOut;
        }
    }
}
