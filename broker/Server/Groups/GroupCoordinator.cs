using Broker.Protocol;
using Broker.Server.Groups.Offsets;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.Rules;
using Broker.Server.Groups.Shards;
using Broker.Server.Groups.State;
using Broker.Server.Metadata;
using Broker.Server.Partitions;
using Broker.Server.Scheduling;
using Broker.Server.Time;
using Broker.Storage;

namespace Broker.Server.Groups;

/// <summary>
/// The coordinator of all groups whose partition of <c>__consumer_offsets</c> this broker leads: finds a group's shard, and makes and ends shards as leadership
/// comes and goes. Any thread may call.
/// </summary>
internal sealed class GroupCoordinator : IPartitionListener
{
    private readonly PartitionDictionary<GroupShard> _shards = new();
    private readonly GroupServices _services;
    private readonly Func<int, IOffsetsLog> _logOf;
    private readonly Func<ClusterImage> _image;
    private TimerHandle? _expiry;
    private volatile bool _stopped;

    /// <param name="services">What the shards share.</param>
    /// <param name="logOf">The log of a partition of the topic of committed offsets.</param>
    /// <param name="image">What this broker knows of the cluster.</param>
    public GroupCoordinator(GroupServices services, Func<int, IOffsetsLog> logOf, Func<ClusterImage> image)
    {
        (_services, _logOf, _image) = (services, logOf, image);
        ScheduleExpiry();
    }

    public GroupLimits Limits => _services.Limits;

    /// <summary>The partition of <c>__consumer_offsets</c> that a group belongs to.</summary>
    public int PartitionOf(string groupId) =>
        OffsetsTopic.PartitionOf(groupId, _image().Topic(ClusterImage.ConsumerOffsets)?.Partitions.Count ?? Limits.TopicPartitions);

    /// <summary>Queues a request for its group. The task completes with the group's answer; an error of the coordinator completes it at once.</summary>
    public Task<T> Submit<T>(string groupId, GroupRequest<T> request)
    {
        ErrorCode refusal = groupId.Length == 0 && !request.AllowsEmptyGroupId ? ErrorCode.InvalidGroupId
            : _stopped ? ErrorCode.CoordinatorNotAvailable
            : ErrorCode.None;
        if (refusal != ErrorCode.None)
        {
            request.Refuse(refusal);
        }
        else if (_shards.Find(Key(PartitionOf(groupId))) is { } shard)
        {
            shard.Submit(groupId, request);
        }
        else
        {
            request.Refuse(ErrorCode.NotCoordinator);
        }
        return request.Reply.Task;
    }

    /// <summary>Lists all groups of this broker. While some partitions are loading, or cannot be loaded, the error says so and the other groups are
    /// listed.</summary>
    public async Task<(ErrorCode Error, IReadOnlyList<GroupOverview> Groups)> List()
    {
        if (_stopped)
        {
            return (ErrorCode.CoordinatorNotAvailable, []);
        }
        IReadOnlyList<GroupShard> shards = _shards.Values;
        ErrorCode error = shards.Select(shard => shard.Refusal).FirstOrDefault(refusal => refusal is ErrorCode.CoordinatorLoadInProgress
            or ErrorCode.CoordinatorNotAvailable);
        IReadOnlyList<GroupOverview>[] groups = await shards.Select(shard => shard.List()).AllHere();
        return (error, [.. groups.SelectMany(part => part)]);
    }

    /// <inheritdoc/>
    public void BecameLeader(string topic, int partition, int leaderEpoch)
    {
        if (topic != ClusterImage.ConsumerOffsets || _stopped)
        {
            return;
        }

        // Only the epoch changes when this broker stays the leader: no other broker has appended meanwhile.
        if (_shards.Find(Key(partition)) is { } known)
        {
            known.LeadIn(leaderEpoch);
            return;
        }

        GroupShard shard = new(partition, leaderEpoch, _logOf(partition), _services);
        _shards.Set(Key(partition), shard);
        _ = shard.Load();
    }

    /// <inheritdoc/>
    public void BecameFollower(string topic, int partition, int leaderId, int leaderEpoch) => Resign(topic, partition);

    /// <inheritdoc/>
    public void Stopped(string topic, int partition, int leaderEpoch) => Resign(topic, partition);

    /// <summary>Deletes the offsets of topics that were deleted, or deleted and created again. For <see cref="MetadataCache.Subscribe"/>.</summary>
    public void ImageChanged(ClusterImage before, ClusterImage after, IReadOnlyCollection<string> topics)
    {
        HashSet<string> gone = new(topics.Where(name => before.Topic(name) is { } topic && WasDeleted(topic, after)), StringComparer.Ordinal);
        if (gone.Count > 0)
        {
            Broadcast(new PartitionsDeleted(gone));
        }
    }

    /// <summary>The broker stops: waiting requests get COORDINATOR_NOT_AVAILABLE. When the task has completed no timer is set any more.</summary>
    public async Task StopAsync()
    {
        _stopped = true;
        _expiry?.Cancel();
        IReadOnlyList<GroupShard> shards = _shards.Values;
        _shards.Clear();
        await shards.Select(shard => shard.Unload(ErrorCode.CoordinatorNotAvailable)).AllHere();
    }

    /// <summary>A topic without an id counts as the same topic when it gets one.</summary>
    private static bool WasDeleted(TopicImage topic, ClusterImage after) =>
        after.Topic(topic.Name) is not { } now || (topic.Id != Guid.Empty && now.Id != topic.Id);

    private static TopicPartition Key(int partition) => new(ClusterImage.ConsumerOffsets, partition);

    private void Resign(string topic, int partition)
    {
        if (topic == ClusterImage.ConsumerOffsets && _shards.Remove(Key(partition)) is { } shard)
        {
            _ = shard.Unload(ErrorCode.NotCoordinator);
        }
    }

    private void Broadcast(GroupEvent groupEvent)
    {
        foreach (GroupShard shard in _shards.Values)
        {
            shard.Broadcast(groupEvent);
        }
    }

    private void ScheduleExpiry() => _expiry = _services.Wheel.Schedule(Limits.RetentionCheck, () =>
    {
        if (_stopped)
        {
            return;
        }
        Broadcast(new OffsetsMayExpire());
        ScheduleExpiry();
    });
}
