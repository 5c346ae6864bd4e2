using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Game.Contracts;
using Game.HdfsSink.Commits;

namespace Game.HdfsSink.Consuming;

/// <summary>What the sink asks the cluster about its topics.</summary>
internal sealed class KafkaTopics(IAdminClient admin, SinkSettings settings, TimeProvider time) : ITopicIds, IDisposable
{
    /// <summary>The ids are requested at most this often: commits come in bursts.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _asking = new(1);
    private Dictionary<string, string> _ids = [];
    private long _askedAt;
    private Task _ensuring = Task.CompletedTask;

    /// <summary>Creates the sink's topics where they are missing, and compares existing ones with the contract.</summary>
    /// <param name="warn">Called with a sentence for each setting that weakens a guarantee.</param>
    /// <param name="cancellationToken">Ends the wait at once; the requests to Kafka end later, by themselves.</param>
    /// <exception cref="TopicMismatchException">A topic differs from the contract in a way that loses records.</exception>
    public Task EnsureAsync(Action<string> warn, CancellationToken cancellationToken)
    {
        _ensuring = Task.Run(() => CreateOrCompareAsync(warn), CancellationToken.None); // some of the requests block their thread
        return _ensuring.WaitAsync(cancellationToken);
    }

    public async Task<string?> FindAsync(string topic, CancellationToken cancellationToken)
    {
        await _asking.WaitAsync(cancellationToken);
        try
        {
            if (_askedAt == 0 || time.GetElapsedTime(_askedAt) > MaxAge)
            {
                _ids = await AskAsync(cancellationToken);
                _askedAt = time.GetTimestamp();
            }

            return _ids.GetValueOrDefault(topic);
        }
        finally
        {
            _asking.Release();
        }
    }

    public void Dispose()
    {
        // The client must not be disposed while a request blocks in it.
        _ = _ensuring.ContinueWith(_ => admin.Dispose(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        _asking.Dispose();
    }

    private Task CreateOrCompareAsync(Action<string> warn)
    {
        int partitions = settings.Partitions ?? PartitionCount(Topics.PlayerEvents) ?? PartitionCount(Topics.Alerts) ?? Topics.DefaultPartitions;
        Topics contract = new(partitions);
        return TopicSetup.EnsureAsync(admin, [.. settings.Topics.Select(topic => contract[topic])], warn);
    }

    private async Task<Dictionary<string, string>> AskAsync(CancellationToken cancellationToken)
    {
        TopicCollection topics = TopicCollection.OfTopicNames(settings.Topics);
        List<TopicDescription> found;
        try
        {
            DescribeTopicsOptions options = new() { RequestTimeout = RequestTimeout };
            found = (await admin.DescribeTopicsAsync(topics, options).WaitAsync(cancellationToken)).TopicDescriptions;
        }
        catch (DescribeTopicsException e)
        {
            found = e.Results.TopicDescriptions; // some topics are missing; the descriptions of the others are complete
        }

        TopicDescription? failed = found.Find(topic => topic.Error.Code is not (ErrorCode.NoError or ErrorCode.UnknownTopicOrPart));
        if (failed is not null)
        {
            throw new KafkaException(failed.Error);
        }
        return found.Where(topic => !topic.Error.IsError).ToDictionary(topic => topic.Name, topic => topic.TopicId.ToString(), StringComparer.Ordinal);
    }

    private int? PartitionCount(string topic)
    {
        TopicMetadata? described = admin.GetMetadata(RequestTimeout).Topics.Find(found => found.Topic == topic && found.Error.Code == ErrorCode.NoError);
        return described?.Partitions.Count;
    }
}
