using System.Threading.Channels;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.InterBroker;
using Broker.Server.Metadata;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Partitions;
using Broker.Server.Scheduling;
using Broker.Storage;
using Broker.Storage.Logs;

namespace Broker.Server.Replication;

/// <summary>
/// Follows one leader broker for some of the partitions: one loop, one connection, one fetch at a time. A fetch asks for what comes after the end of each log,
/// and so acknowledges what lies below.
/// </summary>
internal sealed class ReplicaFetcher : IAsyncDisposable
{
    // One pending wake-up is enough: the loop then looks at everything.
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stopping = new();
    private readonly ReplicationServices _services;
    private readonly FollowedPartitions _followed;
    private readonly int _leaderId;
    private readonly string _clientId;
    private readonly Task _loop;
    private IBrokerConnection? _connection;
    private BrokerEndpoint? _endpoint;
    private bool _isUnreachable;

    /// <param name="leaderId">The broker that is followed.</param>
    /// <param name="number">Of this leader's fetchers, from 0.</param>
    /// <param name="services">What all fetchers share.</param>
    public ReplicaFetcher(int leaderId, int number, ReplicationServices services)
    {
        _services = services;
        _leaderId = leaderId;
        _followed = new FollowedPartitions(services, Wake);
        _clientId = $"broker-{services.BrokerId}-fetcher-{number}";
        _loop = services.Scheduler.Run(Run);
    }

    public int Count => _followed.Count;

    public void Add(Partition partition, int leaderEpoch)
    {
        _followed.Add(partition, leaderEpoch);
        Wake();
    }

    public void Remove(TopicPartition name) => _followed.Remove(name);

    /// <summary>Ends the loop; on return nothing is appended by it any more.</summary>
    public async ValueTask DisposeAsync()
    {
        _stopping.CancelHere();
        await _loop;
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }

        _stopping.Dispose();
    }

    private void Wake() => _wake.Writer.TryWrite(true);

    private async Task Run()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await FetchOnce();
                continue;
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (BrokerUnreachableException failure)
            {
                NoteUnreachable(failure);
            }
#pragma warning disable CA1031 // The top of the loop: whatever fails in one round, the partitions must be followed further.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                ReplicationLog.FetchFailed(_services.Log, _leaderId, failure);
            }

            _followed.Restart();
            await Pause();
        }
    }

    private async Task Pause()
    {
        try
        {
            await Task.Delay(_services.Settings.Backoff, _services.Time, _stopping.Token);
        }
        catch (OperationCanceledException)
        {
            // The loop's condition ends it.
        }
    }

    private async Task FetchOnce()
    {
        await _followed.Flushes().AllHere();
        if (_followed.Next() is not { } next)
        {
            await _wake.Reader.ReadAsync(_stopping.Token);
            return;
        }

        IBrokerConnection connection = await Connection();
        TimeSpan timeout = _services.Settings.Timeout + TimeSpan.FromMilliseconds(_services.Settings.MaxWaitMs);
        FetchResponse response = await connection.Send<FetchRequest, FetchResponse>(next.Request, next.Version, timeout, _stopping.Token);
        NoteReachable();
        ErrorCode error = (ErrorCode)response.ErrorCode;
        if (error != ErrorCode.None)
        {
            await HandleError(error);
            return;
        }

        _followed.Answered(response.SessionId);
        await Handle(response, connection);
    }

    /// <summary>A session that the leader has dropped is only made anew; another error of a whole request is tried again later.</summary>
    private async Task HandleError(ErrorCode error)
    {
        _followed.Restart();
        if (error is not (ErrorCode.FetchSessionIdNotFound or ErrorCode.InvalidFetchSessionEpoch or ErrorCode.FetchSessionTopicIdError))
        {
            ReplicationLog.FetchRefused(_services.Log, _leaderId, error);
            await Pause();
        }
    }

    private async Task Handle(FetchResponse response, IBrokerConnection connection)
    {
        List<FollowedPartitions.Fetched> outOfRange = [];
        foreach (FetchResponse.FetchableTopicResponse topic in response.Responses)
        {
            string name = topic.TopicId == Guid.Empty ? topic.Topic : _followed.TopicOf(topic.TopicId) ?? "";
            foreach (FetchResponse.PartitionData data in topic.Partitions)
            {
                if (_followed.Find(new TopicPartition(name, data.PartitionIndex)) is { } fetched)
                {
                    Handle(fetched, data, outOfRange);
                }
            }
        }

        if (outOfRange.Count > 0)
        {
            await MoveIntoRange(outOfRange, connection);
        }
    }

    private void Handle(FollowedPartitions.Fetched fetched, FetchResponse.PartitionData data, List<FollowedPartitions.Fetched> outOfRange)
    {
        (FollowedPartition followed, FetchPosition position) = fetched;
        switch ((ErrorCode)data.ErrorCode)
        {
            case ErrorCode.None when data.DivergingEpoch is { EndOffset: >= 0 } diverging:
                followed.Partition.TruncateAsFollower(position, new EpochEnd(diverging.Epoch, diverging.EndOffset));
                break;
            case ErrorCode.None:
                Append(followed, position, data);
                break;
            case ErrorCode.OffsetOutOfRange:
                outOfRange.Add(fetched);
                break;
            case ErrorCode.FencedLeaderEpoch:
                // A newer leader has been elected: the controller says soon who.
                Delay(followed, ErrorCode.FencedLeaderEpoch, untilAssigned: true);
                break;
            case ErrorCode error:
                Delay(followed, error, untilAssigned: false);
                break;
        }

        _followed.NoteChanged(followed);
    }

    private void Append(FollowedPartition followed, in FetchPosition position, FetchResponse.PartitionData data)
    {
        ReadOnlyMemory<byte> records = data.Records is MemoryRecords memory ? memory.Memory : default;
        ErrorCode error = followed.Partition.AppendAsFollower(position, records, data.HighWatermark, data.LogStartOffset);
        if (!records.IsEmpty && _services.Quota.IsThrottled(followed.Partition.Name))
        {
            _services.Quota.Record(records.Length);
        }

        if (error == ErrorCode.None)
        {
            _followed.NoteProgress(followed, data.HighWatermark);
        }

        // An outdated position: the next fetch asks from where the log ends now, or another fetcher does.
        if (error is not (ErrorCode.None or ErrorCode.NotLeaderOrFollower))
        {
            Delay(followed, error, untilAssigned: false);
        }
    }

    private void Delay(FollowedPartition followed, ErrorCode error, bool untilAssigned)
    {
        ReplicationLog.PartitionDelayed(_services.Log, followed.Partition.Name, _leaderId, error);
        _followed.Delay(followed, untilAssigned);
    }

    /// <summary>The leader's logs end before these replicas, or start after them: asks where, and moves the replicas there.</summary>
    private async Task MoveIntoRange(List<FollowedPartitions.Fetched> replicas, IBrokerConnection connection)
    {
        Dictionary<TopicPartition, long> ends = await OffsetsOf(replicas, PartitionReads.Latest, connection);
        Dictionary<TopicPartition, long> starts = await OffsetsOf(replicas, PartitionReads.Earliest, connection);
        foreach ((FollowedPartition replica, FetchPosition position) in replicas)
        {
            TopicPartition name = replica.Partition.Name;
            if (ends.TryGetValue(name, out long end) && starts.TryGetValue(name, out long start))
            {
                replica.Partition.MoveInto(position, start, end);
                _followed.NoteChanged(replica);
            }

            if (replica.Partition.NextFetch() == position)
            {
                // Nothing has moved: the leader's log has changed meanwhile, or it refused to answer.
                Delay(replica, ErrorCode.OffsetOutOfRange, untilAssigned: false);
            }
        }
    }

    private async Task<Dictionary<TopicPartition, long>> OffsetsOf(List<FollowedPartitions.Fetched> replicas, long timestamp, IBrokerConnection connection)
    {
        ListOffsetsRequest request = new()
        {
            ReplicaId = _services.BrokerId,
            Topics = [.. replicas.Select(replica => replica.Followed).GroupBy(replica => replica.Partition.Name.Topic, StringComparer.Ordinal).Select(topic =>
                new ListOffsetsRequest.ListOffsetsTopic
                {
                    Name = topic.Key,
                    Partitions = [.. topic.Select(replica => new ListOffsetsRequest.ListOffsetsPartition
                    {
                        PartitionIndex = replica.Partition.Name.Partition,
                        CurrentLeaderEpoch = replica.LeaderEpoch,
                        Timestamp = timestamp,
                    })],
                })],
        };
        ListOffsetsResponse response = await connection.Send<ListOffsetsRequest, ListOffsetsResponse>(
            request, _services.Versions.ListOffsets, _services.Settings.Timeout, _stopping.Token);
        return response.Topics
            .SelectMany(topic => topic.Partitions.Select(partition => (Name: new TopicPartition(topic.Name, partition.PartitionIndex), Found: partition)))
            .Where(answer => answer.Found.ErrorCode == 0)
            .ToDictionary(answer => answer.Name, answer => answer.Found.Offset);
    }

    /// <summary>The connection to where the leader is now.</summary>
    /// <exception cref="BrokerUnreachableException">It is not registered.</exception>
    private async ValueTask<IBrokerConnection> Connection()
    {
        // The controller names a leader first, and only then the brokers' addresses.
        await _services.Metadata.WaitFor(image => EndpointIn(image) is not null, _services.Settings.Backoff);
        BrokerEndpoint endpoint = EndpointIn(_services.Metadata.Current)
            ?? throw new BrokerUnreachableException($"broker {_leaderId}", 0, "it is not registered");
        if (_connection is not null && endpoint == _endpoint)
        {
            return _connection;
        }

        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }

        _endpoint = endpoint;
        _connection = _services.Connections.Open(endpoint.Host, endpoint.Port, _clientId);
        return _connection;
    }

    private BrokerEndpoint? EndpointIn(ClusterImage image) => image.Brokers.GetValueOrDefault(_leaderId)?.On(_services.Settings.Listener);

    private void NoteUnreachable(BrokerUnreachableException failure)
    {
        if (!_isUnreachable)
        {
            _isUnreachable = true;
            ReplicationLog.LeaderUnreachable(_services.Log, _leaderId, failure.Message);
        }
    }

    private void NoteReachable()
    {
        if (_isUnreachable)
        {
            _isUnreachable = false;
            ReplicationLog.LeaderReachable(_services.Log, _leaderId);
        }
    }
}
