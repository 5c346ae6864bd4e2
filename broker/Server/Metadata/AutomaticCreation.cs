using System.Collections.Concurrent;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.InterBroker;
using Broker.Server.Scheduling;

namespace Broker.Server.Metadata;

/// <summary>Asks the controller to create topics that are used before anybody has created them, and Kafka's internal topics. From any thread.</summary>
internal sealed class AutomaticCreation(ControllerChannel controller, MetadataCache metadata, TopicDefaults defaults, TimeProvider time, MetadataLog log)
{
    private readonly ConcurrentDictionary<string, Task<ErrorCode>> _inFlight = new(StringComparer.Ordinal);

    /// <summary>
    /// Creates one of Kafka's internal topics with its own settings, if it is not there. <see cref="ErrorCode.None"/> when it exists or is being created; a
    /// caller that needs a leader waits on the metadata cache.
    /// </summary>
    internal async Task<ErrorCode> EnsureInternalTopic(string name) => metadata.Current.Topic(name) is not null ? ErrorCode.None : await Create(name);

    /// <summary>
    /// Creates a topic with the defaults because a client asked for its metadata; clients that ask meanwhile share the one attempt. <see
    /// cref="ErrorCode.None"/> when it is being created; LEADER_NOT_AVAILABLE where the controller does not answer in time.
    /// </summary>
    internal async Task<ErrorCode> Create(string name)
    {
        TaskCompletionSource<ErrorCode> attempt = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<ErrorCode> running = _inFlight.GetOrAdd(name, attempt.Task);
        if (running == attempt.Task)
        {
            Task<ErrorCode> mine = Attempt(name);
            await mine.EndedHere();
            attempt.SetFromTask(mine);
        }
        return await running;
    }

    private async Task<ErrorCode> Attempt(string name)
    {
        using CancellationTokenSource late = new(ControllerChannel.ClientPatience, time);
        try
        {
            // With a time-out of zero the controller does not wait for leaders: it answers REQUEST_TIMED_OUT for a topic that it creates.
            CreateTopicsResponse response = await controller.Send<CreateTopicsRequest, CreateTopicsResponse>(
                new CreateTopicsRequest { Topics = [defaults.Of(name)], TimeoutMs = 0 }, InterBrokerVersions.CreateTopics, ErrorOf, late.Token);
            ErrorCode error = ErrorOf(response);
            if (error is ErrorCode.None or ErrorCode.RequestTimedOut or ErrorCode.TopicAlreadyExists)
            {
                return ErrorCode.None;
            }
            log.NotCreated(name, error, response.Topics.FirstOrDefault()?.ErrorMessage ?? "");
            return error;
        }
        catch (OperationCanceledException)
        {
            log.NotCreated(name, ErrorCode.LeaderNotAvailable, "the controller does not answer");
            return ErrorCode.LeaderNotAvailable;
        }
        finally
        {
            _inFlight.TryRemove(name, out _);
        }
    }

    private static ErrorCode ErrorOf(CreateTopicsResponse response) =>
        (ErrorCode)(response.Topics.FirstOrDefault()?.ErrorCode ?? (short)ErrorCode.UnknownServerError);
}
