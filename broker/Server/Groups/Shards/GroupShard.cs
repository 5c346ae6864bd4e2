using Broker.Protocol;
using Broker.Server.Groups.Offsets;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.Rules;
using Broker.Server.Groups.State;
using Broker.Server.Time;

namespace Broker.Server.Groups.Shards;

/// <summary>
/// The groups of one partition of <c>__consumer_offsets</c>, for as long as this broker leads it. All of them are changed by one loop, an event at a time;
/// nothing waits in it: appends run on a loop of their own and end as events; answers are sent after the event is handled. Any thread may call.
/// </summary>
internal sealed class GroupShard
{
    private readonly Dictionary<string, GroupEntry> _groups = new(StringComparer.Ordinal);
    private readonly int _partition;
    private readonly IOffsetsLog _log;
    private readonly GroupServices _services;
    private readonly Mailbox _loop;
    private readonly AppendQueue _appends;

    /// <summary>The error that refuses requests; None while the shard serves. Only the loop writes it.</summary>
    private volatile ErrorCode _refusal = ErrorCode.CoordinatorLoadInProgress;
    private volatile int _leaderEpoch;
    private TimeSpan _backoff = GroupLimits.FirstLoadBackoff;
    private TimerHandle? _nextLoad;
    private bool _isUnloaded;

    /// <param name="partition">Of <c>__consumer_offsets</c>.</param>
    /// <param name="leaderEpoch">In which this broker leads it.</param>
    /// <param name="log">The partition's.</param>
    /// <param name="services">What shards share.</param>
    public GroupShard(int partition, int leaderEpoch, IOffsetsLog log, GroupServices services)
    {
        (_partition, _leaderEpoch, _log, _services) = (partition, leaderEpoch, log, services);
        _loop = NewLoop();
        _appends = new AppendQueue(log, () => _leaderEpoch, services.Limits, NewLoop(), Failed);
    }

    /// <summary>The error that refuses requests now; None while the shard serves.</summary>
    public ErrorCode Refusal => _refusal;

    /// <summary>Reads the groups from the log; requests meanwhile get COORDINATOR_LOAD_IN_PROGRESS. A failed load is retried with a growing back-off.</summary>
    public Task Load() => _services.Cold(_partition, LoadHere);

    /// <summary>This broker still leads the partition, in a later epoch: appends use that epoch from now on.</summary>
    public void LeadIn(int leaderEpoch) => _leaderEpoch = leaderEpoch;

    /// <summary>Queues a request for its group.</summary>
    public void Submit(string groupId, GroupRequest request) => _loop.Post(() =>
    {
        try
        {
            Dispatch(groupId, request);
        }
        catch (Exception failure)
        {
            request.Fail(failure);
            throw;
        }
    });

    /// <summary>The groups now.</summary>
    public Task<IReadOnlyList<GroupOverview>> List()
    {
        Reply<IReadOnlyList<GroupOverview>> reply = new();
        _loop.Post(() => reply.Give([.. _groups.Values.Select(entry => Views.Overview(entry.Group))]));
        return reply.Task;
    }

    /// <summary>Queues an event for each group.</summary>
    public void Broadcast(GroupEvent groupEvent) => _loop.Post(() =>
    {
        if (_refusal != ErrorCode.None)
        {
            return;
        }
        foreach (GroupEntry entry in _groups.Values.ToArray())
        {
            Handle(entry, groupEvent);
        }
    });

    /// <summary>This broker no longer leads the partition, or stops: waiting and later requests get the error.</summary>
    public Task Unload(ErrorCode error)
    {
        Reply<bool> done = new();
        _loop.Post(() =>
        {
            _refusal = error;
            _isUnloaded = true;
            _nextLoad?.Cancel();
            foreach (GroupEntry entry in _groups.Values.ToArray())
            {
                Handle(entry, new GroupUnloaded(error));
            }
            GroupLog.Unloaded(_services.Logger, _partition, error);
            done.Give(value: true);
        });
        return done.Task;
    }

    private Mailbox NewLoop() => new(_services.Scheduler, Failed);

    private void Failed(Exception failure) => GroupLog.EventFailed(_services.Logger, failure, _partition);

    private void LoadHere()
    {
        long startedAt = _services.Clock.GetTimestamp();
        OffsetsLoader loader = new(_log, _services.Limits.LoadBufferBytes);
        try
        {
            IReadOnlyList<Group> groups = loader.Load();
            if (loader.Skipped > 0)
            {
                GroupLog.RecordsSkipped(_services.Logger, _partition, loader.Skipped);
            }
            TimeSpan took = _services.Clock.GetElapsedTime(startedAt);
            _services.Metrics.Loaded(took);
            _loop.Post(() => Serve(groups, loader.Records, took));
        }
#pragma warning disable CA1031 // The top of a load: after any failure the groups must not stay without a coordinator until a restart.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _loop.Post(() => LoadLater(failure));
        }
    }

    /// <summary>With half of the offsets consumers would start over: the shard serves none until it can read all.</summary>
    private void LoadLater(Exception failure)
    {
        if (_isUnloaded)
        {
            return;
        }

        _refusal = ErrorCode.CoordinatorNotAvailable;
        GroupLog.LoadFailed(_services.Logger, failure, _partition, _backoff.TotalSeconds);
        _nextLoad = _services.Wheel.Schedule(_backoff, () => _ = Load());
        _backoff = TimeSpan.FromTicks(Math.Min(_backoff.Ticks * 2, GroupLimits.LongestLoadBackoff.Ticks));
    }

    private void Serve(IReadOnlyList<Group> groups, int records, TimeSpan took)
    {
        // The broker lost the leadership while it loaded.
        if (_isUnloaded)
        {
            return;
        }

        foreach (Group group in groups)
        {
            Handle(Put(group), new GroupLoaded());
        }
        _refusal = ErrorCode.None;
        GroupLog.Loaded(_services.Logger, _partition, groups.Count, records, (long)took.TotalMilliseconds);
    }

    private void Dispatch(string groupId, GroupRequest request)
    {
        if (_refusal != ErrorCode.None)
        {
            request.Refuse(_refusal);
        }
        else if (_groups.TryGetValue(groupId, out GroupEntry? entry))
        {
            Handle(entry, request);
        }
        else if (!request.CreatesGroup)
        {
            request.AnswerUnknownGroup();
        }
        else if (_groups.Count >= GroupLimits.MaxGroupsPerPartition)
        {
            RefuseNewGroup(groupId, request);
        }
        else
        {
            Handle(Put(new Group(groupId)), request);
        }
    }

    private void RefuseNewGroup(string groupId, GroupRequest request)
    {
        GroupLog.TooManyGroups(_services.Logger, groupId, _partition, GroupLimits.MaxGroupsPerPartition);
        request.Refuse(ErrorCode.CoordinatorNotAvailable);
    }

    private GroupEntry Put(Group group)
    {
        GroupEntry entry = new(group);
        _groups[group.Id] = entry;
        _services.Metrics.Entered(group.State);
        return entry;
    }

    private void Handle(GroupEntry entry, GroupEvent groupEvent)
    {
        Effects effects = new();
        Moment now = _services.Now;
        GroupRules.Handle(entry.Group, groupEvent, new EventContext(now, _services.Limits, effects));
        foreach (GroupAppend append in effects.Appends)
        {
            _appends.Append(append.Records, now.WallMs, (error, offset) => _loop.Post(() => Handle(entry, new AppendEnded(append.Purpose, error, offset))));
        }
        UpdateBookkeeping(entry, now);
        _services.Metrics.Note(effects.Incidents);
        GroupLog.Note(_services.Logger, entry.Group, effects.Incidents);
        effects.GiveAnswers();
    }

    /// <summary>Updates the metrics of states, forgets a dead group, and sets the group's timer.</summary>
    private void UpdateBookkeeping(GroupEntry entry, Moment now)
    {
        Group group = entry.Group;
        if (group.State != entry.CountedAs)
        {
            _services.Metrics.Left(entry.CountedAs);
            entry.CountedAs = group.State;
            if (group.State != GroupState.Dead)
            {
                _services.Metrics.Entered(group.State);
            }
        }

        if (group.State == GroupState.Dead)
        {
            Forget(entry);
        }
        else if (group.WakeAt < entry.ArmedFor)
        {
            Arm(entry, now);
        }
    }

    private void Forget(GroupEntry entry)
    {
        entry.Timer?.Cancel();
        entry.ArmedFor = long.MaxValue;
        if (_groups.GetValueOrDefault(entry.Group.Id) == entry)
        {
            _groups.Remove(entry.Group.Id);
        }
    }

    private void Arm(GroupEntry entry, Moment now)
    {
        entry.Timer?.Cancel();
        entry.ArmedFor = entry.Group.WakeAt;
        entry.Timer = _services.Wheel.Schedule(TimeSpan.FromMilliseconds(entry.ArmedFor - now.StampMs), () => _loop.Post(() => Wake(entry)));
    }

    private void Wake(GroupEntry entry)
    {
        if (entry.Group.State == GroupState.Dead)
        {
            return;
        }
        entry.ArmedFor = long.MaxValue;
        Handle(entry, new DeadlinePassed());
    }
}
