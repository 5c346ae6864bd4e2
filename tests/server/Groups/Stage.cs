using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Broker.Server.Scheduling;
using Broker.Server.Tests.Scheduling;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Groups;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.Rules;
using Broker.Server.Groups.Shards;
using Broker.Server.Groups.State;
using Broker.Server.Metadata;
using Broker.Server.Time;
using Broker.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Server.Tests.Groups;

/// <summary>A coordinator with one partition of offsets, whose loops run on the test's thread and whose time is the test's.</summary>
internal sealed class Stage : IDisposable
{
    public const string GroupId = "g";

    private readonly Meter _meter = new("test");
    private readonly TimingWheel _wheel;
    private readonly Queue<Action> _cold = new();

    public Stage(GroupLimits? limits = null, MemoryOffsetsLog? log = null, bool load = true, bool onPool = false)
    {
        Log = log ?? new MemoryOffsetsLog();
        _wheel = new TimingWheel(Time);
        Metrics = new GroupMetrics(_meter);
        GroupServices services = new(
            limits ?? new GroupLimits { InitialRebalanceDelayMs = 0, TopicPartitions = 1 }, Time, _wheel, Metrics, NullLogger.Instance,
                onPool ? PoolScheduler.Instance : new InlineScheduler(), RunCold);
        Coordinator = new GroupCoordinator(services, _ => Log, () => Image);
        Coordinator.BecameLeader(ClusterImage.ConsumerOffsets, 0, 0);
        if (load)
        {
            Load();
        }
    }

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000));

    public MemoryOffsetsLog Log { get; }

    public GroupMetrics Metrics { get; }

    public GroupCoordinator Coordinator { get; }

    public ClusterImage Image { get; set; } = ClusterImage.Empty("cluster");

    public int TimersArmed => _wheel.Count;

    public long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Subscriptions as Java's consumers write them.</summary>
    public static byte[] Subscription(params string[] topics) => VersionPrefixed.Encode(new ConsumerProtocolSubscription { Topics = topics }, 1);

    public static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    /// <summary>Loads what waits to be loaded.</summary>
    public Stage Load()
    {
        while (_cold.TryDequeue(out Action? work))
        {
            work();
        }
        return this;
    }

    /// <summary>Another broker's life on the same log.</summary>
    public Stage Restart(GroupLimits? limits = null) => new(limits, Log);

    /// <summary>Time goes on in steps, as timers re-arm themselves.</summary>
    public Stage Pass(double seconds)
    {
        for (double left = seconds * 1000; left > 0; left -= 50)
        {
            Time.Advance(TimeSpan.FromMilliseconds(Math.Min(50, left)));
        }
        Time.Advance(TimingWheel.Tick);
        return this;
    }

    public GroupCast Group(string id = GroupId) => new(this, id);

    /// <summary>The answer to a request that is answered at once.</summary>
    public T Ask<T>(GroupRequest<T> request, string groupId = GroupId) => Answer(Coordinator.Submit(groupId, request));

    public static T Answer<T>(Task<T> task)
    {
        task.IsCompleted.ShouldBeTrue("an answer should be there");
#pragma warning disable xUnit1031, VSTHRD002, VSTHRD103 // It has completed: nothing blocks.
        return task.Result;
#pragma warning restore xUnit1031, VSTHRD002, VSTHRD103
    }

    public ErrorCode Commit(string topic, long offset, int generation = -1, string memberId = "", string? instanceId = null, string groupId = GroupId,
        string metadata = "") =>
        Ask(Committing(topic, offset, generation, memberId, instanceId, metadata), groupId)[0];

    public CommitRequest Committing(string topic, long offset, int generation = -1, string memberId = "", string? instanceId = null, string metadata = "") =>
        new(generation, memberId, instanceId, [new OffsetToCommit(new TopicPartition(topic, 0), new CommittedOffset(offset, 3, metadata, NowMs))]);

    public FetchedOffset Fetch(string topic, bool stable = false, string groupId = GroupId) =>
        Ask(new FetchOffsetsRequest([new TopicPartition(topic, 0)], stable), groupId).Offsets[0];

    public long? Committed(string topic, string groupId = GroupId) => Fetch(topic, groupId: groupId).Offset?.Offset;

    public GroupDescription Describe(string groupId = GroupId) => Ask(new DescribeRequest(), groupId);

    public string State(string groupId = GroupId) => Describe(groupId).State;

    public IReadOnlyList<GroupOverview> List() => Answer(Coordinator.List()).Groups;

    /// <summary>Gives the cluster topics of one partition each, and tells the coordinator.</summary>
    public void Topics(params (string Name, Guid Id)[] topics)
    {
        ClusterImage before = Image;
        PartitionImage partition = new(0, 0, 0, [0], [0], [], 0, 0);
        Image = before with
        {
            Topics = topics.ToImmutableSortedDictionary(t => t.Name,
                t => new TopicImage(t.Name, t.Id, ImmutableSortedDictionary<int, PartitionImage>.Empty.Add(0, partition)), StringComparer.Ordinal),
        };
        Coordinator.ImageChanged(before, Image, [.. before.Topics.Keys.Union(Image.Topics.Keys)]);
    }

    public void Dispose()
    {
        _wheel.Dispose();
        _meter.Dispose();
    }

    private Task RunCold(int partition, Action work)
    {
        _cold.Enqueue(work);
        return Task.CompletedTask;
    }
}
