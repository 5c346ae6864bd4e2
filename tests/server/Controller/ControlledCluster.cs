using Broker.Server.Scheduling;
using Broker.Coordination;
using Broker.Coordination.Embedded;
using Broker.Server.Controller;
using Broker.Server.Metadata.Znodes;
using Broker.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Server.Tests.Controller;

/// <summary>Brokers of one process on one tree in memory, each with a controller; their replicas are only written down.</summary>
internal sealed class ControlledCluster : IAsyncDisposable, IBrokerChannels
{
    private const string ClusterId = "cluster";

    private readonly Dictionary<int, Member> _members = [];

    public EmbeddedCoordination Tree { get; } = EmbeddedCoordination.InMemory(TimeProvider.System);

    /// <summary>Of the controllers' pauses before another attempt.</summary>
    public FakeTimeProvider Time { get; } = new();

    public HashSet<string> UncleanTopics { get; } = [];

    /// <summary>Called before a broker registers again after its session has expired.</summary>
    public Func<int, Task> Registering { get; set; } = _ => Task.CompletedTask;

    /// <summary>Of the brokers whose metrics a test reads.</summary>
    public Dictionary<int, ControllerMetrics> Metrics { get; } = [];

    public LeaderBalancing? Balancing { get; set; }

    public bool IsDeletionEnabled { get; set; } = true;

    public Dictionary<int, RecordingBroker> Brokers { get; } = [];

    /// <summary>A session of nobody's broker, for clients' writes.</summary>
    public ClusterSession Client { get; private set; } = null!;

    public ZnodeClient Znodes { get; private set; } = null!;

    public static async Task<ControlledCluster> Start(params int[] ids)
    {
        ControlledCluster cluster = new();
        await cluster.Prepare();
        foreach (int id in ids)
        {
            await cluster.StartBroker(id);
        }
        return cluster;
    }

    public async Task Prepare()
    {
        Client = new ClusterSession(Tree);
        await Client.Open();
        Znodes = new ZnodeClient(Client);
        await Znodes.CreatePersistentPaths();
        await Znodes.GetOrCreateClusterId(ClusterId);
    }

    public IBrokerChannel Open(LiveBroker broker) => Brokers[broker.Registration.Id];

    public async Task StartBroker(int id)
    {
        Brokers[id] = Brokers.GetValueOrDefault(id) ?? new RecordingBroker(ClusterId);
        ClusterSession session = new(Tree);
        BrokerRegistrar registrar = new(session, ClusterId);
        BrokerRegistration registration = new(id, [new BrokerEndpoint("PLAINTEXT", "localhost", 9000 + id, 0)], null, 0);
        ClusterController controller = new(
            new ControllerSettings(id, "PLAINTEXT", IsDeletionEnabled, Balancing, new Random(id), () => Brokers[id].Metadata.Current.Topics.Values),
            session, this,
            topic => Task.FromResult(UncleanTopics.Contains(topic)),
            () => RegisterAgain(registrar, registration), PoolScheduler.Instance, Time, new ControllerLog(NullLogger.Instance),
            Metrics.GetValueOrDefault(id) ?? new ControllerMetrics());
        _members[id] = new Member(session, registrar, controller);
        await session.Open();
        await registrar.Register(registration);
        await controller.Start();
        await Settle();
    }

    /// <summary>Lets the controllers' pauses pass.</summary>
    public async Task Pass(TimeSpan time)
    {
        Time.Advance(time);
        await Settle();
    }

    /// <summary>The broker dies: its session ends.</summary>
    public async Task Kill(int id)
    {
        Member member = _members[id];
        _members.Remove(id);
        await member.Session.DisposeAsync();
        await member.Controller.DisposeAsync();
        await Settle();
    }

    public IEnumerable<int> Members => _members.Keys;

    public ClusterController Controller(int id) => _members[id].Controller;

    public ICoordinationSession Session(int id) => _members[id].Session.Current;

    public long Epoch(int id) => _members[id].Registrar.Epoch;

    /// <summary>The epoch in the tree.</summary>
    public async Task<int> ControllerEpoch() => ControllerEpochZnode.Decode((await Znodes.Get(ZnodePaths.ControllerEpoch)).Data);

    public int ActiveController => _members.Single(member => member.Value.Controller.IsActive).Key;

    public async Task CreateTopic(string topic, params int[][] replicas)
    {
        TopicZnode znode = new(TopicId.New(Random.Shared), System.Collections.Immutable.ImmutableSortedDictionary.CreateRange(
            replicas.Select((brokers, partition) => KeyValuePair.Create(partition, new ReplicaAssignment(brokers)))));
        (await Client.Current.Create(ZnodePaths.Topic(topic), znode.Encode())).Code.ShouldBe(Code.Ok);
        await Settle();
    }

    public async Task DeleteTopic(string topic)
    {
        (await Client.Current.Create(ZnodePaths.DeleteTopic(topic), null)).Code.ShouldBe(Code.Ok);
        await Settle();
    }

    public async Task<LeaderAndIsr> State(string topic, int partition = 0)
        => (await Znodes.PartitionState(new TopicPartition(topic, partition))).ShouldNotBeNull();

    /// <summary>Waits until nothing happens any more: events, requests, answers, and their events in turn. Does not wait for brokers that do not
    /// answer.</summary>
    public async Task Settle()
    {
        for (int round = 0; round < 8; round++)
        {
            foreach (Member member in _members.Values.ToArray())
            {
                await member.Controller.AllSent(id => Brokers[id].Fault == Fault.None);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Member member in _members.Values)
        {
            await member.Controller.DisposeAsync();
        }
        await Tree.DisposeAsync();
    }

    private async ValueTask RegisterAgain(BrokerRegistrar registrar, BrokerRegistration registration)
    {
        await Registering(registration.Id);
        await registrar.Register(registration);
    }

    private sealed record Member(ClusterSession Session, BrokerRegistrar Registrar, ClusterController Controller);
}
