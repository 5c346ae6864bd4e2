using Broker.Coordination.Embedded;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.InterBroker;
using Broker.Simulation.Tests.Bugs;
using Broker.Simulation.Tests.Worlds;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Broker.Simulation.Tests.Cluster;

/// <summary>One history of a cluster of three: producers write while brokers crash, pause, are cut off and lose their sessions; then all is compared.</summary>
internal sealed class History
{
    public const string Topic = "t";
    public const int Partitions = 2;
    private const int Brokers = 3;
    private static readonly TimeSpan FaultyTime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly World _world;
    private readonly SimNetwork _network;
    private readonly Node _operator;
    private readonly SimBroker[] _brokers;
    private readonly List<SimProducer> _producers = [];
    private readonly Checker _checker;
    private SimOffsetReader? _reader;
    private readonly List<string> _events = [];
    private readonly int _seed;
    private readonly Crashes _crashes;
    private long _checkedAt;

    public History(int seed, Crashes crashes = Crashes.OfProcesses, Bug? bug = null, ILoggerFactory? logging = null)
    {
        _seed = seed;
        _crashes = crashes;
        _world = new World(seed);
        _network = new SimNetwork(_world, bug ?? Bug.None);
        _operator = new Node(_world, "operator");
        Node zooKeeper = new(_world, "zookeeper");
        EmbeddedCoordination tree = EmbeddedCoordination.InMemory(zooKeeper.Time);
        _brokers = [.. Enumerable.Range(1, Brokers).Select(id => new SimBroker(
            id, _world, _network, zooKeeper, tree, crashes, bug ?? Bug.None, logging ?? NullLoggerFactory.Instance))];
        _checker = new Checker(_network);
    }

    /// <summary>A digest of everything that ran.</summary>
    public ulong Trace => _world.Trace;

    public long Steps => _world.Steps;

    public int Acknowledged => _producers.Sum(producer => producer.Acknowledgements.Count);

    /// <summary>What was done to the cluster, and when.</summary>
    public string Events => string.Join('\n', _events);

    /// <summary>Runs the whole history.</summary>
    /// <exception cref="HistoryFailedException">Something did not hold; the message has the seed and what happened.</exception>
    public void Run()
    {
        try
        {
            RunToItsEnd();
        }
        catch (ShouldAssertException failure)
        {
            throw new HistoryFailedException($"seed {_seed}: {failure.Message}\n{Events}", failure);
        }
    }

    private void RunToItsEnd()
    {
        Array.ForEach(_brokers, broker => broker.Start());
        Holds("the brokers serve", () => _brokers.All(broker => broker.IsServing));
        CreateTopic();
        Holds("the topic has its replicas", IsWhole);
        _producers.Add(new SimProducer(_world, _network, "idempotent", isIdempotent: true));
        _producers.Add(new SimProducer(_world, _network, "plain", isIdempotent: false));
        _reader = new SimOffsetReader(_world, _network);
        TimeSpan end = _world.Elapsed + FaultyTime;
        NextFault(end);
        Holds("the faults end", () => _world.Elapsed >= end);
        _network.HealAll();
        Holds("all brokers run again", () => _brokers.All(broker => broker.IsServing));
        Holds("all replicas are in sync again", IsWhole);
        Holds("all brokers know it, and are ready", () => Array.TrueForAll(_brokers, broker => broker.Core!.ReplicasOutOfSync() == 0));
        _producers.ForEach(producer => producer.IsStopping = true);
        Holds("everything is acknowledged", () => _producers.TrueForAll(producer => producer.Running == 0));
        Holds("all replicas have everything", HaveSameEnds);
        _checker.Check();
        _checker.CheckReplicas();
        CheckAcknowledged();
        _reader.Answers.ShouldBeGreaterThan(0);
    }

    private void CheckAcknowledged()
    {
        foreach (SimProducer producer in _producers)
        {
            foreach (Acknowledged acknowledged in producer.Acknowledgements)
            {
                IReadOnlyList<string> log = _checker.Read[acknowledged.Partition];
                if (acknowledged.Offset >= 0)
                {
                    log.Count.ShouldBeGreaterThan((int)acknowledged.Offset, "an acknowledged record is lost");
                    log[(int)acknowledged.Offset].ShouldBe(acknowledged.Value, "an acknowledged record is where it was acknowledged");
                }
                else
                {
                    log.ShouldContain(acknowledged.Value, "an acknowledged record is lost");
                }
            }

            for (int partition = 0; producer.IsIdempotent && partition < Partitions; partition++)
            {
                int own = partition;
                _checker.Read[partition].Where(value => value.StartsWith(producer.Node.Name, StringComparison.Ordinal)).ShouldBe(
                    producer.Acknowledgements.Where(entry => entry.Partition == own).Select(entry => entry.Value), "once and in order");
            }
        }
    }

    private void NextFault(TimeSpan end) => _world.Add(_operator, TimeSpan.FromMilliseconds(_world.Random.Next(200, 6_000)), () =>
    {
        if (_world.Elapsed < end)
        {
            DoFault();
            NextFault(end);
        }
    });

    private void DoFault()
    {
        SimBroker broker = _brokers[_world.Random.Next(Brokers)];
        TimeSpan duration = TimeSpan.FromMilliseconds(_world.Random.Next(100, 12_000));
        switch (_world.Random.Next(_crashes == Crashes.OfPower ? 7 : 6))
        {
            case 0 or 1 when broker.IsUp:
                Crash(broker, duration);
                break;
            case 2 when broker.IsUp && !broker.Node.IsPaused:
                Note($"broker {broker.Id} is paused for {duration.TotalSeconds:0.0} s");
                broker.Pause(duration);
                break;
            case 3 when broker.IsUp:
                Note($"the session of broker {broker.Id} expires");
                broker.Coordination.Expire();
                break;
            case 4 when broker.IsUp:
                Note($"broker {broker.Id} is cut off from ZooKeeper for {duration.TotalSeconds:0.0} s");
                broker.Coordination.Cut(duration);
                break;
            case 5:
                SimBroker other = _brokers[_world.Random.Next(Brokers)];
                bool both = _world.Random.Next(2) == 0;
                Note($"what broker {broker.Id} sends to broker {other.Id} is lost for {duration.TotalSeconds:0.0} s{(both ? ", and back" : "")}");
                _network.Cut(broker.Node, other.Node);
                if (both)
                {
                    _network.Cut(other.Node, broker.Node);
                }

                _world.Add(_operator, duration, _network.HealAll);
                break;
            case 6:
                Array.ForEach([.. _brokers.Where(each => each.IsUp)], each => Crash(each, duration));
                break;
        }
    }

    private void Crash(SimBroker broker, TimeSpan duration)
    {
        Note($"broker {broker.Id} crashes for {duration.TotalSeconds:0.0} s");
        broker.Crash();
        _world.Add(_operator, duration, broker.Start);
    }

    private void CreateTopic()
    {
        bool created = false;
        IBrokerConnections connections = _network.Of(_operator);
        _operator.Start(async () =>
        {
            while (!created)
            {
                int controller = _brokers.FirstOrDefault(broker => broker.Core?.Membership?.IsController == true)?.Id ?? 1;
                (string host, int port) = SimNetwork.AddressOf(controller);
                await using IBrokerConnection connection = connections.Open(host, port, "operator");
                CreateTopicsResponse response = await connection.Send<CreateTopicsRequest, CreateTopicsResponse>(new CreateTopicsRequest
                {
                    Topics = [new() { Name = Topic, NumPartitions = Partitions, ReplicationFactor = Brokers, Configs = Settings() }], TimeoutMs = 5_000,
                }, 5, TimeSpan.FromSeconds(10), CancellationToken.None);
                created = (ErrorCode)response.Topics[0].ErrorCode is ErrorCode.None or ErrorCode.TopicAlreadyExists;
            }
        });
        Holds("the topic is created", () => created);
    }

    private CreateTopicsRequest.CreatableTopicConfig[] Settings() =>
        _crashes == Crashes.OfPower ? [new() { Name = "flush.messages", Value = "1" }] : [];

    private bool IsWhole() => Enumerable.Range(0, Partitions).All(number => _brokers.Any(broker =>
        broker.Core?.Partitions?.Find(Topic, number) is { State: { IsLeader: true, Isr.Length: Brokers } }));

    private bool HaveSameEnds() => Enumerable.Range(0, Partitions).All(number =>
        _brokers.Select(broker => broker.Core?.Partitions?.Find(Topic, number)?.Log).All(log => log is not null && log.HighWatermark == log.LogEndOffset)
        && _brokers.Select(broker => broker.Core!.Partitions!.Find(Topic, number)!.Log!.LogEndOffset).Distinct().Count() == 1);

    private void Note(string what) => _events.Add($"{_world.Elapsed.TotalSeconds,8:0.000} {what}");

    private void Holds(string what, Func<bool> condition)
    {
        bool holds = _world.RunUntil(condition, Patience, Check);
        Exception[] failures =
        [
            .. _brokers.SelectMany(broker => broker.Node.Failures), .. _producers.SelectMany(producer => producer.Node.Failures), .. _operator.Failures,
            .. _reader?.Node.Failures ?? [],
        ];
        failures.ShouldBeEmpty(string.Join('\n', failures.Select(failure => failure.ToString())));
        holds.ShouldBeTrue($"it does not come to this: {what}");
    }

    private void Check()
    {
        // Between two checks a state may come and go; every hundredth of a second is often enough to see a leader, and cheap.
        if (_world.Now - _checkedAt > TimeSpan.TicksPerMillisecond * 10)
        {
            _checkedAt = _world.Now;
            _checker.Check();
        }
    }
}
