using System.Collections.Immutable;
using Broker.Protocol.Messages;
using Broker.Protocol;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Scheduling;

namespace Broker.Server.Metadata;

/// <summary>Receives a change of the image.</summary>
/// <param name="before">The image before.</param>
/// <param name="after">The image after.</param>
/// <param name="topics">The topics that the change names: all others are the same in both images.</param>
internal delegate void ImageChanged(ClusterImage before, ClusterImage after, IReadOnlyCollection<string> topics);

/// <summary>
/// Holds the <see cref="ClusterImage"/>. Only the controller's UpdateMetadata changes it; readers take no lock, and keep the image they took for the whole of a
/// request.
/// </summary>
internal sealed class MetadataCache(string clusterId, TimeProvider time)
{
    private const int LeaderDuringDelete = LeaderAndIsr.LeaderDuringDelete;

    private readonly Lock _gate = new();
    private readonly List<Waiter> _waiters = [];
    private readonly List<ImageChanged> _subscribers = [];
    private volatile ClusterImage _current = ClusterImage.Empty(clusterId);

    /// <summary>Decides which controllers' requests this broker accepts.</summary>
    internal ControllerFence Controllers { get; } = new();

    /// <summary>The image of this moment.</summary>
    internal ClusterImage Current => _current;

    /// <summary>Notifies a subscriber of each change, on the thread that makes it; to be called before the first change. The subscriber must not
    /// block.</summary>
    internal void Subscribe(ImageChanged changed) => _subscribers.Add(changed);

    /// <summary>Applies an update from a controller; from any thread. A former controller is refused with STALE_CONTROLLER_EPOCH.</summary>
    internal UpdateMetadataResponse Apply(UpdateMetadataRequest request)
    {
        ClusterImage before;
        ClusterImage after;
        List<Waiter> woken = new();
        lock (_gate)
        {
            before = _current;
            if (!Controllers.Passes(request.ControllerEpoch))
            {
                return new UpdateMetadataResponse { ErrorCode = (short)ErrorCode.StaleControllerEpoch };
            }
            after = Next(before, request);
            _current = after;
            _waiters.RemoveAll(waiter => Wake(waiter, after, woken));
        }

        woken.ForEach(waiter => waiter.Done.TrySetResult(true));
        string[] topics = [.. request.TopicStates.Select(topic => topic.TopicName)];
        _subscribers.ForEach(changed => changed(before, after, topics));
        return new UpdateMetadataResponse();
    }

    /// <summary>Waits until the image satisfies a condition: true, or false when the time is over first. The condition may run on any thread and must be
    /// quick.</summary>
    internal async Task<bool> WaitFor(Func<ClusterImage, bool> condition, TimeSpan timeout)
    {
        Waiter waiter = new(condition, new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_gate)
        {
            if (condition(_current))
            {
                return true;
            }
            if (timeout <= TimeSpan.Zero)
            {
                return false;
            }
            _waiters.Add(waiter);
        }

        try
        {
            return await waiter.Done.Task.WithinHere(timeout, time);
        }
        catch (TimeoutException)
        {
            lock (_gate)
            {
                _waiters.Remove(waiter);
            }
            return waiter.Done.Task.IsCompletedSuccessfully;
        }
    }

    private static bool Wake(Waiter waiter, ClusterImage image, List<Waiter> woken)
    {
        if (!waiter.Condition(image))
        {
            return false;
        }
        woken.Add(waiter);
        return true;
    }

    private static ClusterImage Next(ClusterImage before, UpdateMetadataRequest request)
    {
        ImmutableSortedDictionary<string, TopicImage>.Builder topics = before.Topics.ToBuilder();
        ImmutableDictionary<Guid, string>.Builder names = before.TopicNames.ToBuilder();
        foreach (UpdateMetadataRequest.UpdateMetadataTopicState topic in request.TopicStates)
        {
            Change(topics, names, topic);
        }
        return before with
        {
            ControllerId = request.ControllerId,
            ControllerEpoch = request.ControllerEpoch,
            Brokers = ImmutableSortedDictionary<int, BrokerImage>.Empty.SetItems(
                request.LiveBrokers.Select(broker => KeyValuePair.Create(broker.Id, ToImage(broker)))),
            Topics = topics.ToImmutable(),
            TopicNames = names.ToImmutable(),
        };
    }

    private static void Change(
        ImmutableSortedDictionary<string, TopicImage>.Builder topics, ImmutableDictionary<Guid, string>.Builder names,
        UpdateMetadataRequest.UpdateMetadataTopicState change)
    {
        topics.TryGetValue(change.TopicName, out TopicImage? known);
        // Versions of the request without topic ids change nothing of an id that is known.
        Guid id = change.TopicId == Guid.Empty ? known?.Id ?? Guid.Empty : change.TopicId;
        // A topic that was deleted and made again while this broker was away has another id: nothing of the former one stays.
        if (known is not null && known.Id != id)
        {
            names.Remove(known.Id);
            known = null;
        }

        ImmutableSortedDictionary<int, PartitionImage>.Builder partitions = (known?.Partitions
            ?? ImmutableSortedDictionary<int, PartitionImage>.Empty).ToBuilder();
        foreach (UpdateMetadataRequest.UpdateMetadataPartitionState partition in change.PartitionStates)
        {
            if (partition.Leader == LeaderDuringDelete)
            {
                partitions.Remove(partition.PartitionIndex);
            }
            else
            {
                partitions[partition.PartitionIndex] = ToImage(partition);
            }
        }

        if (partitions.Count == 0)
        {
            topics.Remove(change.TopicName);
            names.Remove(id);
            return;
        }

        topics[change.TopicName] = new TopicImage(change.TopicName, id, partitions.ToImmutable());
        if (id != Guid.Empty)
        {
            names[id] = change.TopicName;
        }
    }

    private static PartitionImage ToImage(UpdateMetadataRequest.UpdateMetadataPartitionState state) => new(
        state.PartitionIndex, state.Leader, state.LeaderEpoch, state.Isr, state.Replicas, state.OfflineReplicas, state.ZkVersion, state.ControllerEpoch);

    private static BrokerImage ToImage(UpdateMetadataRequest.UpdateMetadataBroker broker) => new(
        broker.Id, [.. broker.Endpoints.Select(endpoint => new BrokerEndpoint(endpoint.Listener, endpoint.Host, endpoint.Port, endpoint.SecurityProtocol))],
            broker.Rack);

    private sealed record Waiter(Func<ClusterImage, bool> Condition, TaskCompletionSource<bool> Done);
}
