using Confluent.Kafka;
using Game.Contracts;
using Running;

namespace Load;

/// <summary>
/// Producers and consumers of a topic that run all the while: librdkafka's and, where Apache's programs are installed, Java's; idempotent ones and one without.
/// </summary>
public sealed class ClusterLoad : IAsyncDisposable
{
    public const string Topic = "orders";
    public const int Partitions = 6;

    private const string Group = "readers", JavaGroup = "java-readers";
    private const int Rate = 150;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly string _bootstrap;
    private readonly KnownCommits _commits;
    private readonly TempFolder _folder = new();
    private readonly NumberedProducer[] _producers;
    private readonly CommittingReader _reader;
    private readonly JavaProducer? _javaProducer;
    private readonly JavaConsumer? _javaConsumer;

    private ClusterLoad(string bootstrap, bool withJava)
    {
        _bootstrap = bootstrap;
        _commits = new KnownCommits(bootstrap, Topic, Partitions);
        _producers = [Producer("plain-1"), Producer("lz4-2", CompressionType.Lz4), Producer("repeating-3", isIdempotent: false)];
        _reader = new CommittingReader(bootstrap, Group, Topic);
        _javaProducer = withJava ? new JavaProducer(_folder, bootstrap, 4, Topic, Partitions, Rate, Gaps.Note) : null;
        _javaConsumer = withJava ? new JavaConsumer(bootstrap, JavaGroup, Topic) : null;
    }

    public AckGaps Gaps { get; } = new(Partitions);

    /// <summary>What librdkafka's member of the group has done last.</summary>
    public string ReaderLog => _reader.Log;

    /// <summary>What the clients have reported that an application would have to handle.</summary>
    public IEnumerable<string> Errors => _producers.Select(producer => producer.Failure).OfType<string>().Concat(_reader.Errors)
        .Concat(_producers.Where(producer => producer.Unanswered > 0).Select(producer => $"{producer.Name}: {producer.Unanswered} records were given up"))
        .Concat(_javaProducer?.Errors ?? []);

    private IEnumerable<Readings> Readers => _javaConsumer is null ? [_reader.Readings] : [_reader.Readings, _javaConsumer.Readings];

    /// <summary>Starts the clients and waits until they work.</summary>
    /// <param name="bootstrap">Of a cluster that has the topic.</param>
    /// <param name="withJava">Whether Java's clients run too.</param>
    public static async Task<ClusterLoad> StartAsync(string bootstrap, bool withJava)
    {
        ClusterLoad load = new(bootstrap, withJava);
        try
        {
            await load.FlowsAsync();
            await Until.HoldsAsync("the groups' commits", Patience, () => load._reader.Committed().Count == Partitions
                && load._javaConsumer?.Readings.Ends().Count is null or Partitions);
            return load;
        }
        catch
        {
            await load.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until each producer has sent some more records to all partitions, and each reader has read more.</summary>
    public async Task FlowsAsync()
    {
        await GrowAsync("acknowledgements", [.. _producers.Select(producer => (producer.Name, (Func<long>)(() => producer.Count)))]);
        await GrowAsync("records read", [.. Readers.Select(reader => (reader.Name, (Func<long>)(() => reader.Count)))]);
    }

    /// <summary>Commits new offsets for groups without members and waits for the answers.</summary>
    public Task CommitAsync() => _commits.CommitAsync();

    /// <summary>What <see cref="CommitAsync"/> has committed last is what the cluster says.</summary>
    public Task CommitsSurvivedAsync() => _commits.ShouldBeThereAsync();

    /// <summary>Ends the clients in order: all that was sent is answered, all that is there is read and committed. Then compares everything.</summary>
    public async Task<Verdict> FinishAsync(CancellationToken cancellation)
    {
        await Task.WhenAll([.. _producers.Select(producer => producer.FinishAsync()), _javaProducer?.FinishAsync() ?? Task.CompletedTask]);
        Dictionary<TopicPartition, long> ends = Ends();
        await _reader.SeenAsync(ends);
        await (_javaConsumer?.SeenAsync(ends) ?? Task.CompletedTask);
        await (_javaConsumer?.FinishAsync() ?? Task.CompletedTask);
        _reader.Dispose();
        IWriter[] writers = _javaProducer is null ? [.. _producers] : [.. _producers, _javaProducer];
        return LogCheck.Compare(_bootstrap, Topic, Partitions, writers, [.. Readers], cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (NumberedProducer producer in _producers)
        {
            producer.Dispose();
        }
        _reader.Dispose();
        await (_javaProducer?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_javaConsumer?.DisposeAsync() ?? ValueTask.CompletedTask);
        _folder.Dispose();
    }

    private async Task GrowAsync(string what, IReadOnlyList<(string Name, Func<long> Count)> clients)
    {
        long[] goals = [.. clients.Select(client => client.Count() + Partitions * 10)];
        for (int i = 0; i < goals.Length; i++)
        {
            await Until.HoldsAsync($"{what} of {clients[i].Name}", Patience, () =>
            {
                _producers.Select(producer => producer.Failure).Concat(Readers.Select(reader => reader.Failure)).OfType<string>().ShouldBeEmpty();
                return clients[i].Count() >= goals[i];
            });
        }
    }

    private Dictionary<TopicPartition, long> Ends()
    {
        using IConsumer<Ignore, Ignore> consumer = NewConsumer();
        return Enumerable.Range(0, Partitions).Select(partition => new TopicPartition(Topic, partition))
            .ToDictionary(partition => partition, partition => consumer.QueryWatermarkOffsets(partition, Patience).High.Value);
    }

    private NumberedProducer Producer(string name, CompressionType compression = CompressionType.None, bool isIdempotent = true)
    {
        ProducerConfig config = ClientSettings.Producer(_bootstrap, name);
        config.CompressionType = compression;
        config.EnableIdempotence = isIdempotent;
        return new NumberedProducer(Topic, Partitions, config, Rate, Gaps.Note);
    }

    private IConsumer<Ignore, Ignore> NewConsumer() => new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig
    {
        BootstrapServers = _bootstrap, GroupId = Group,
    }).SetLogHandler((_, _) => { }).Build();
}
