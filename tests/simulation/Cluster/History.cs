using Broker.Coordination.Embedded;
using Broker.Protocol.Messages;
using Broker.Server.Metadata;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Partitions;
using Broker.Simulation.Tests.Bugs;
using Broker.Simulation.Tests.Clients;
using Broker.Simulation.Tests.Groups;
using Broker.Simulation.Tests.Worlds;
using Broker.Storage;

namespace Broker.Simulation.Tests.Cluster;

/// <summary>
/// One history of a cluster of three: clients write, commit, create, alter and delete while brokers crash, pause, are cut off and lose sessions and disks; then
/// all is compared.
/// </summary>
internal sealed class History
{
    public const string Topic = "t";
    public const int Partitions = 2;
    private const string OffsetsTopic = "__consumer_offsets";
    private const int Brokers = 3;
    private const int MembersOfGroup = 2;
    private static readonly string[] Passing = ["u", "v"];
    private static readonly TimeSpan FaultyTime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Patience = FaultyTime + TimeSpan.FromSeconds(1);

    private readonly World _world;
    private readonly SimNetwork _network;
    private readonly TreeView _tree;
    private readonly SimOperator _operator;
    private readonly SimBroker[] _brokers;
    private readonly List<SimProducer> _producers = [];
    private readonly List<OnceProducer> _onceProducers = [];
    private readonly List<GroupPromises> _groups = [];
    private readonly List<SimMember> _members = [];
    private readonly List<SimConsumer> _consumers = [];
    private readonly Checker _checker;
    private SimOffsetReader? _reader;
    private readonly List<string> _events = [];
    private readonly int _seed;
    private readonly Crashes _crashes;
    private long _askedAt;

    public History(int seed, Crashes crashes = Crashes.OfProcesses, Bug? bug = null)
    {
        _seed = seed;
        _crashes = crashes;
        _world = new World(seed);
        _network = new SimNetwork(_world, bug ?? Bug.None);
        Node zooKeeper = new(_world, "zookeeper");
        EmbeddedCoordination tree = EmbeddedCoordination.InMemory(zooKeeper.Time);
        _tree = new TreeView(tree);
        _operator = new SimOperator(_world, _network, _tree, InitialSettings(), Note);
        _brokers = [.. Enumerable.Range(1, Brokers).Select(id => new SimBroker(
            id, _world, _network, zooKeeper, tree, crashes, bug ?? Bug.None))];
        _checker = new Checker(_network, _tree, topic => topic == Topic ? !_operator.HasLimitedRetention(topic) : topic == OffsetsTopic);
        _world.AfterStep = _checker.Check;
    }

    /// <summary>A digest of everything that ran.</summary>
    public ulong Trace => _world.Trace;

    public long Steps => _world.Steps;

    public int Acknowledged => _producers.Sum(producer => producer.Acknowledgements.Count);

    /// <summary>Records of topics that come and go.</summary>
    public int AcknowledgedOnce => _onceProducers.Sum(producer => producer.Acknowledgements.Count);

    /// <summary>How often consumers have got records from followers.</summary>
    public int FromFollowers => _consumers.Sum(consumer => consumer.FromFollowers);

    public int Commits => _groups.Sum(group => group.Commits);

    /// <summary>What was done to the cluster, and when.</summary>
    public string Events => string.Join('\n', _events);

    /// <summary>Runs the whole history.</summary>
    /// <exception cref="HistoryFailedException">Something did not hold; the message has the seed and what happened.</exception>
    public void Run()
    {
        try
        {
            BeginAll();
            DoFaults();
            EndAll();
            _checker.CheckReplicas();
            new Acknowledgements(_checker, _tree).Check(_producers, _onceProducers);
            _reader!.Answers.ShouldBeGreaterThan(0);
        }
        catch (ShouldAssertException failure)
        {
            throw new HistoryFailedException($"seed {_seed}: {failure.Message}\n{Events}", failure);
        }
    }

    private void BeginAll()
    {
        Array.ForEach(_brokers, broker => broker.Start());
        Holds("the brokers serve", () => _brokers.All(broker => broker.IsServing));
        _operator.CreateForSure(OffsetsTopic, 2);
        _operator.CreateForSure(Topic, Partitions);
        Holds("the topics have their replicas", () => _tree.Topics.Count == 2 && IsWhole());
        _producers.Add(new SimProducer(_world, _network, "idempotent", isIdempotent: true));
        _producers.Add(new SimProducer(_world, _network, "plain", isIdempotent: false));
        _onceProducers.AddRange(Passing.Select(topic => new OnceProducer(_world, _network, _tree, topic)));
        _reader = new SimOffsetReader(_world, _network);
        Guid topicId = _tree.TopicId(Topic)!.Value;
        _consumers.AddRange(Enumerable.Range(0, Partitions)
            .Select(partition => new SimConsumer(_world, _network, _checker, topicId, partition, Settings.RackOf(partition + 1))));
        foreach (string group in (string[])["group-1", "group-2"])
        {
            GroupPromises promises = new(group);
            _groups.Add(promises);
            _members.AddRange(Enumerable.Range(1, MembersOfGroup).Select(i => new SimMember(_world, _network, group, $"{group}-{i}", promises)));
        }

        _operator.Begin(Passing, [Topic, .. Passing]);
    }

    private void DoFaults()
    {
        Faults faults = new(_world, _network, _tree, _members, _crashes, Note);
        TimeSpan end = _world.Elapsed + FaultyTime;
        faults.Begin(end);
        Holds("the faults end", () => _world.Elapsed >= end);
        Note("the faults end");
        faults.End();
        _operator.IsStopping = true;
    }

    private void EndAll()
    {
        Holds("all brokers run again", () => _brokers.All(broker => broker.IsServing));
        Holds("deleted topics are gone", () => _tree.Deleted.Count == 0);
        Holds("all replicas are in sync again", IsWhole, () => string.Join("; ", _tree.All().Where(name => !IsWhole(name)).Select(Describe)));
        Holds("all brokers know it, and are ready", () => Array.TrueForAll(_brokers, broker => broker.Core!.ReplicasOutOfSync() == 0));
        Holds("all logs have their topics' settings", () => _tree.All().All(HasSettings));
        _members.ForEach(member => member.MayLeave = false);
        int[] commits = [.. _groups.Select(group => group.Commits)];
        Holds("every group works", () => _members.TrueForAll(member => member.Generation is not null)
            && _groups.Zip(commits).All(group => group.First.Commits > group.Second + (2 * Partitions)));
        _producers.ForEach(producer => producer.IsStopping = true);
        _onceProducers.ForEach(producer => producer.IsStopping = true);
        Holds("everything is acknowledged", () =>
            _producers.TrueForAll(producer => producer.Running == 0) && _onceProducers.TrueForAll(producer => !producer.IsRunning));
        _members.ForEach(member => member.IsStopping = true);
        Holds("all offsets are read", () => _members.TrueForAll(member => !member.IsRunning));
        Holds("all replicas have everything", HaveSameEnds);
        Holds("consumers have everything", () => _consumers.TrueForAll(consumer => consumer.IsAtEnd));
    }

    private CreateTopicsRequest.CreatableTopicConfig[] InitialSettings() =>
        _crashes == Crashes.OfPower ? [new() { Name = "flush.messages", Value = "1" }] : [];

    private bool IsWhole() => _tree.All().All(IsWhole);

    /// <summary>All replicas are in sync, as it is written and as the leader sees it, and each broker knows who leads.</summary>
    private bool IsWhole(TopicPartition name) => _tree.State(name) is { Isr.Length: Brokers } written && Array.TrueForAll(_brokers, broker =>
        broker.Core?.Partitions?.Find(name.Topic, name.Partition) is { State: var state } && state.LeaderEpoch == written.LeaderEpoch
        && (broker.Id == written.Leader ? state is { IsLeader: true, Isr.Length: Brokers } : !state.IsLeader));

    private bool HasSettings(TopicPartition name) => Array.TrueForAll(_brokers, broker =>
        TopicLogConfig.Of(_tree.Config(name.Topic), Settings.Of(broker.Id)).Equals(broker.Core?.Partitions?.Find(name.Topic, name.Partition)?.Log?.Config));

    private string Describe(TopicPartition name)
    {
        LeaderAndIsr? written = _tree.State(name);
        IEnumerable<string> replicas = _brokers.Select(broker => broker.Core?.Partitions?.Find(name.Topic, name.Partition) is { State: var state } replica
            ? $"{broker.Id}, of {replica.TopicId}, {(state.IsLeader ? "leads" : "follows")} in {state.LeaderEpoch} up to {replica.Log?.LogEndOffset}, "
                + $"in sync [{string.Join(',', state.Isr)}]"
            : $"{broker.Id} has none");
        return $"{name} of {_tree.TopicId(name.Topic)} is led by {written?.Leader} in {written?.LeaderEpoch}, "
            + $"in sync [{string.Join(',', written?.Isr ?? [])}]; {string.Join("; ", replicas)}";
    }

    private bool HaveSameEnds() => _tree.All().All(HaveSameEnds);

    private bool HaveSameEnds(TopicPartition name)
    {
        Partition?[] replicas = [.. _brokers.Select(broker => broker.Core?.Partitions?.Find(name.Topic, name.Partition))];
        return Array.TrueForAll(replicas, replica => replica?.Log is { } log && log.HighWatermark == log.LogEndOffset)
            && replicas.Select(replica => replica!.Log!.LogEndOffset).Distinct().Count() == 1;
    }

    private void Note(string what) => _events.Add($"{_world.Elapsed.TotalSeconds,8:0.000} {what}");

    private void Holds(string what, Func<bool> condition, Func<string>? missing = null)
    {
        bool holds = _world.RunUntil(() => IsTimeToAsk() && condition(), Patience);
        Exception[] failures = [.. _world.Nodes.SelectMany(node => node.Failures)];
        failures.ShouldBeEmpty(string.Join('\n', failures.Select(failure => failure.ToString())));
        holds.ShouldBeTrue($"it does not come to this: {what}: {missing?.Invoke()}");
    }

    /// <summary>Whether it is time to look whether something has come about: every hundredth of a second, which is cheap.</summary>
    private bool IsTimeToAsk()
    {
        if (_world.Now - _askedAt < TimeSpan.TicksPerMillisecond * 10)
        {
            return false;
        }

        _askedAt = _world.Now;
        return true;
    }
}
