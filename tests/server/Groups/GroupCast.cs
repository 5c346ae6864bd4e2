using Broker.Protocol;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;

namespace Broker.Server.Tests.Groups;

/// <summary>One who plays a member.</summary>
internal sealed class Actor(string name, string? instanceId)
{
    public string Name => name;

    public string? InstanceId => instanceId;

    /// <summary>The id that the coordinator gave it; empty before.</summary>
    public string Id { get; set; } = "";

    public int Generation { get; set; } = -1;

    public Task<JoinResult>? Joining { get; set; }

    public Task<SyncResult>? Syncing { get; set; }

    public JoinResult Joined => Stage.Answer(Joining!);

    public SyncResult Synced => Stage.Answer(Syncing!);

    public bool Leads => Joined.LeaderId == Id;
}

/// <summary>A group's members as a test plays them: <c>group.Join("a").Join("b").CompletesGeneration(1).Sync()</c>.</summary>
internal sealed class GroupCast(Stage stage, string groupId)
{
    public const int SessionMs = 10_000;
    public const int RebalanceMs = 60_000;

    private readonly Dictionary<string, Actor> _actors = new(StringComparer.Ordinal);
    private int _ids;

    public Actor this[string name] => _actors[name];

    public string Id => groupId;

    /// <summary>A member joins, for the first time or again; a dynamic one of a modern client in two steps.</summary>
    public GroupCast Join(
        string name, string protocols = "range", string? instance = null, int sessionMs = SessionMs, int rebalanceMs = RebalanceMs, bool modern = true,
        string metadata = "topic")
    {
        if (!_actors.TryGetValue(name, out Actor? actor))
        {
            _actors[name] = actor = new Actor(name, instance);
        }
        Task<JoinResult> joining = Submit(actor, protocols, sessionMs, rebalanceMs, modern, metadata);
        if (joining.IsCompleted && Stage.Answer(joining) is { Error: ErrorCode.MemberIdRequired } told)
        {
            actor.Id = told.MemberId;
            joining = Submit(actor, protocols, sessionMs, rebalanceMs, modern, metadata);
        }

        actor.Joining = joining;
        if (joining.IsCompleted)
        {
            Learn(actor);
        }
        return this;
    }

    /// <summary>A request of a member's, to be changed and sent by the test.</summary>
    public JoinRequest Joining(Actor actor, string protocols = "range", int sessionMs = SessionMs, int rebalanceMs = RebalanceMs, bool modern = true,
        string metadata = "topic") => new()
        {
            MemberId = actor.Id,
            InstanceId = actor.InstanceId,
            ClientId = actor.Name,
            ClientHost = "/127.0.0.1",
            SessionTimeoutMs = sessionMs,
            RebalanceTimeoutMs = rebalanceMs,
            ProtocolType = Group.ConsumerProtocolType,
            Protocols = [.. protocols.Split(',').Select(protocol => new MemberProtocol(protocol, Stage.Subscription(metadata)))],
            NeedsKnownMemberId = modern,
            CanSkipAssignment = modern,
            NewMemberId = $"{actor.InstanceId ?? actor.Name}-{++_ids}",
        };

    /// <summary>The member's process starts anew: it knows nothing of its former life.</summary>
    public GroupCast Restarts(string name)
    {
        Actor former = _actors[name];
        _actors[name] = new Actor(name, former.InstanceId);
        return this;
    }

    /// <summary>The member plays no part any more.</summary>
    public GroupCast Forget(string name)
    {
        _actors.Remove(name);
        return this;
    }

    /// <summary>The initial delay, which is none, is over.</summary>
    public GroupCast Soon()
    {
        stage.Pass(0.05);
        foreach (Actor actor in _actors.Values.Where(actor => actor.Joining is { IsCompleted: true }))
        {
            Learn(actor);
        }
        return this;
    }

    /// <summary>Everybody who waits is in this generation now.</summary>
    public GroupCast CompletesGeneration(int generation)
    {
        Soon();
        foreach (Actor actor in _actors.Values.Where(actor => actor.Joining is not null))
        {
            actor.Joined.Error.ShouldBe(ErrorCode.None, actor.Name);
            actor.Joined.Generation.ShouldBe(generation, actor.Name);
        }

        return this;
    }

    /// <summary>Everybody asks for the assignment, the leader last; each is given its own name.</summary>
    public GroupCast Sync()
    {
        foreach (Actor actor in _actors.Values.Where(actor => actor.Joining is { IsCompleted: true }).OrderBy(actor => actor.Leads))
        {
            Sync(actor.Name);
        }
        return this;
    }

    public GroupCast Sync(string name)
    {
        Actor actor = _actors[name];
        Dictionary<string, byte[]> assignments = actor.Leads
            ? _actors.Values.Where(other => other.Id.Length > 0).ToDictionary(other => other.Id, other => Stage.Bytes(other.Name)) : [];
        actor.Syncing = stage.Coordinator.Submit(groupId, Syncing(actor, assignments));
        return this;
    }

    public static SyncRequest Syncing(Actor actor, IReadOnlyDictionary<string, byte[]>? assignments = null) => new()
    {
        Generation = actor.Generation,
        MemberId = actor.Id,
        InstanceId = actor.InstanceId,
        Assignments = assignments ?? new Dictionary<string, byte[]>(),
    };

    /// <summary>The group is stable in a generation, with every member's assignment its name.</summary>
    public GroupCast IsStable(int generation)
    {
        CompletesGeneration(generation).Sync();
        foreach (Actor actor in _actors.Values.Where(actor => actor.Syncing is not null))
        {
            actor.Synced.Error.ShouldBe(ErrorCode.None, actor.Name);
            actor.Synced.Assignment.ShouldBe(Stage.Bytes(actor.Name));
        }

        stage.State(groupId).ShouldBe("Stable");
        return this;
    }

    public ErrorCode Beat(string name) => stage.Ask(Beating(name), groupId);

    public MemberHeartbeatRequest Beating(string name) => new(_actors[name].Generation, _actors[name].Id, _actors[name].InstanceId);

    public ErrorCode Leave(string name)
    {
        LeaveResult result = stage.Ask(new LeaveRequest([new LeavingMember(_actors[name].Id, _actors[name].InstanceId)]), groupId);
        _actors.Remove(name);
        return result.Members[0];
    }

    public ErrorCode Commit(string name, string topic, long offset) =>
        stage.Commit(topic, offset, _actors[name].Generation, _actors[name].Id, _actors[name].InstanceId, groupId);

    /// <summary>Time goes on while the members beat every second.</summary>
    public GroupCast BeatFor(int seconds, params string[] names)
    {
        for (int i = 0; i < seconds; i++)
        {
            stage.Pass(1);
            foreach (string name in names)
            {
                Beat(name);
            }
        }

        return this;
    }

    private Task<JoinResult> Submit(Actor actor, string protocols, int sessionMs, int rebalanceMs, bool modern, string metadata) =>
        stage.Coordinator.Submit(groupId, Joining(actor, protocols, sessionMs, rebalanceMs, modern, metadata));

    private static void Learn(Actor actor)
    {
        if (actor.Joined.MemberId.Length > 0)
        {
            actor.Id = actor.Joined.MemberId;
        }
        if (actor.Joined.Error == ErrorCode.None)
        {
            actor.Generation = actor.Joined.Generation;
        }
    }
}
