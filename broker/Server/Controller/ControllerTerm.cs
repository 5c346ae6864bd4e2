using Broker.Coordination;
using Broker.Server.Metadata;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Scheduling;
using Broker.Storage;

namespace Broker.Server.Controller;

/// <summary>The settings of the controller.</summary>
/// <param name="BrokerId">Its broker.</param>
/// <param name="Listener">The listener on which brokers reach each other.</param>
/// <param name="IsDeletionEnabled">delete.topic.enable.</param>
/// <param name="Balancing">Null where auto.leader.rebalance.enable is false.</param>
/// <param name="Random">Gives an id to each topic that has none.</param>
/// <param name="KnownTopics">The topics in its broker's metadata now.</param>
internal sealed record ControllerSettings(
    int BrokerId, string Listener, bool IsDeletionEnabled, LeaderBalancing? Balancing, Random Random, Func<IEnumerable<TopicImage>> KnownTopics);

/// <summary>One term of this broker as the controller: everything that ends with it. Used by the controller's loop only.</summary>
internal sealed class ControllerTerm : IDisposable
{
    private readonly ControllerSettings _settings;
    private readonly Action<string, ControllerTerm, Func<Task>> _post;
    private readonly ControllerWatches _watches;
    private ITimer? _balancing;

    internal ControllerTerm(
        ControllerSettings settings, int epoch, int epochVersion, ZnodeClient znodes, IBrokerChannels channels,
        Func<string, Task<bool>> isUncleanElectionAllowed, IScheduler scheduler, TimeProvider time, ControllerLog log, ControllerMetrics metrics,
        ControllerWatches watches, DeletedTopics deleted, Action<string, ControllerTerm, Func<Task>> post)
    {
        _settings = settings;
        Time = time;
        Metrics = metrics;
        _watches = watches;
        Deleted = deleted;
        _post = post;
        Epoch = epoch;
        EpochVersion = epochVersion;
        Znodes = znodes;
        Log = log;
        Store = new PartitionStore(znodes, epochVersion, log);
        Partitions = new PartitionMachine(Context, Store, isUncleanElectionAllowed, epoch, log, metrics);
        Replicas = new ReplicaMachine(Context, Store, epoch, log);
        Deletion = new TopicDeletion(this, settings.IsDeletionEnabled);
        Brokers = new BrokerChanges(this);
        Topics = new TopicChanges(this);
        Isrs = new IsrChanges(this);
        ProducerIds = new ProducerIdBlocks(this);
        Elections = new LeaderElections(this);
        Senders = new BrokerSenders(channels, answers => Post("BrokerAnswers", () => Brokers.Answered(answers)), scheduler, time, log);
    }

    internal int Epoch { get; }

    internal Random Random => _settings.Random;

    internal int EpochVersion { get; }

    internal ControllerContext Context { get; } = new();

    internal ZnodeClient Znodes { get; }

    internal ControllerLog Log { get; }

    internal ControllerMetrics Metrics { get; }

    internal TimeProvider Time { get; }

    internal PartitionStore Store { get; }

    internal PartitionMachine Partitions { get; }

    internal ReplicaMachine Replicas { get; }

    internal BrokerSenders Senders { get; }

    internal BrokerChanges Brokers { get; }

    internal TopicChanges Topics { get; }

    internal TopicDeletion Deletion { get; }

    /// <summary>What brokers may still know, of this and of former terms.</summary>
    internal DeletedTopics Deleted { get; }

    internal IsrChanges Isrs { get; }

    internal ProducerIdBlocks ProducerIds { get; }

    internal LeaderElections Elections { get; }

    /// <summary>A watcher that queues an event for the controller's term of that time.</summary>
    /// <param name="name">Of the event.</param>
    /// <param name="handle">Handles it; must not hold this term, which may have ended by then.</param>
    /// <param name="what">The topic or broker that is watched; empty where the event is of none.</param>
    internal Watcher On(string name, Func<ControllerTerm, Task> handle, string what = "") => _watches.Of(name, what, handle);

    /// <summary>From any thread: queues an event, which is dropped if this term has ended by then.</summary>
    internal void Post(string name, Func<Task> handle) => _post(name, this, handle);

    internal RequestBatch NewBatch() => new(Context, _settings.BrokerId, Epoch, _settings.Listener);

    /// <summary>Queues requests to brokers; waits for none.</summary>
    internal void Send(RequestBatch batch) => Senders.Send(batch);

    /// <summary>Loads the cluster from the tree and takes it over, in Kafka's order of a failover.</summary>
    internal async Task Start()
    {
        await CreateFeatureZnode();
        await ForgetNotices(ZnodePaths.LogDirEvents, On("LogDirEvent", static term => term.Brokers.LogDirEvents()));
        await ForgetNotices(ZnodePaths.IsrChanges, On("IsrChange", static term => term.Isrs.Noticed()));
        await Brokers.Load();
        await Topics.Load(_settings.KnownTopics());
        await Deletion.Load();
        // Brokers learn each other's addresses before they follow one another.
        RequestBatch first = NewBatch();
        first.AddUpdateMetadata(Context.Brokers.Keys, []);
        first.AddDeleted(Context.Brokers.Keys, Deleted.Without(Context.TopicIds));
        Send(first);
        await StartReplicas();
        await StartPartitions();
        await Deletion.Resume();
        await Elections.Requested();
        StartBalancing();
    }

    /// <summary>The partitions that a notice or a request in the tree names; none where it cannot be read.</summary>
    internal IReadOnlyList<TopicPartition> Decode(string path, byte[]? data)
    {
        try
        {
            return PartitionListZnode.Decode(path, data);
        }
        catch (MalformedZnodeException problem)
        {
            Log.NoticeDropped(problem.Message);
            return [];
        }
    }

    /// <summary>Cancels what is being sent.</summary>
    public void Dispose()
    {
        _balancing?.Dispose();
        Senders.Dispose();
    }

    private void StartBalancing()
    {
        if (_settings.Balancing is { } balancing)
        {
            _balancing = Time.CreateTimer(
                _ => Post("AutoPreferredReplicaLeaderElection", () => Elections.Balance(balancing.Percentage)),
                null, LeaderBalancing.FirstAfter, balancing.Every);
        }
    }

    private async Task CreateFeatureZnode() =>
        ZnodeClient.Expect((await Znodes.Session.Create(ZnodePaths.Feature, FeatureZnode.Encode())).Code, ZnodePaths.Feature, Code.NodeExists);

    /// <summary>Everything is read afterwards: the notices until now say nothing more. The watch that is left sees the next ones.</summary>
    private async Task ForgetNotices(string path, Watcher watcher) =>
        await Store.Delete([.. (await Znodes.Children(path, watcher)).Select(name => $"{path}/{name}")]);

    private async Task StartReplicas()
    {
        foreach (Replica replica in Context.AllPartitions.SelectMany(Context.ReplicasOf).ToList())
        {
            // A replica on a dead broker of a topic that is being deleted waits for that broker.
            Context.ReplicaStates[replica] = Context.IsOnline(replica, evenShuttingDown: true) ? ReplicaState.Online
                : Context.IsBeingDeleted(replica.Partition.Topic) ? ReplicaState.DeletionIneligible
                : ReplicaState.Offline;
        }

        RequestBatch batch = NewBatch();
        await Replicas.Move(All(ReplicaState.Online), ReplicaState.Online, batch);
        await Replicas.Move(All(ReplicaState.Offline), ReplicaState.Offline, batch);
        Send(batch);
    }

    private List<Replica> All(ReplicaState state) =>
        [.. Context.AllPartitions.SelectMany(Context.ReplicasOf).Where(replica => Context.StateOf(replica) == state)];

    private async Task StartPartitions()
    {
        foreach (TopicPartition partition in Context.AllPartitions.ToList())
        {
            Context.SetStatus(partition, !Context.Leadership.TryGetValue(partition, out LeaderAndIsr? leadership) ? PartitionStatus.New
                : Context.IsOnline(new Replica(partition, leadership.Leader), evenShuttingDown: true) ? PartitionStatus.Online
                : PartitionStatus.Offline);
        }

        RequestBatch batch = NewBatch();
        await Partitions.MoveToOnline(batch);
        Send(batch);
    }
}
