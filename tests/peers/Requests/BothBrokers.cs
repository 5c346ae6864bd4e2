using Broker.Protocol;
using Broker.Protocol.Messages;
using Peers.Tests.Support;

namespace Peers.Tests.Requests;

/// <summary>
/// An Apache Kafka 3.9 broker and ours, set up alike: topic <c>t</c> of two partitions, group <c>g</c> with an offset, the internal topic of offsets. Created
/// on first use.
/// </summary>
public sealed class BothBrokers : IAsyncDisposable
{
    private static readonly string[] Settings =
    [
        "broker.rack=rack-1", "offsets.topic.replication.factor=1", "offsets.topic.num.partitions=4", "transaction.state.log.replication.factor=1",
            "transaction.state.log.min.isr=1",
    ];

    private readonly TempFolder _folder = new();
    private readonly SemaphoreSlim _gate = new(1);
    private ApacheZooKeeper? _zooKeeper;
    private ApacheKafka? _apache;
    private BrokerProcess? _ours;

    /// <summary>Starts both, unless they run, and skips the case where there is no Apache.</summary>
    /// <returns>HOST:PORT of Apache's and of ours.</returns>
    public async Task<(string Theirs, string Ours)> AddressesAsync()
    {
        Need.Apache();
        await _gate.WaitAsync();
        try
        {
            if (_ours is null)
            {
                _zooKeeper = await ApacheZooKeeper.StartAsync(_folder);
                _apache = await ApacheKafka.StartAsync(_folder, _zooKeeper, _folder["apache"], Settings);
                _ours = await BrokerProcess.StartAsync(_folder["ours"], Settings);
                await SetUpAsync(_apache.BootstrapServers);
                await SetUpAsync(_ours.BootstrapServers);
            }

            return (_apache!.BootstrapServers, _ours.BootstrapServers);
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable? process in new IAsyncDisposable?[] { _ours, _apache, _zooKeeper })
        {
            if (process is not null)
            {
                await process.DisposeAsync();
            }
        }

        _gate.Dispose();
        _folder.Dispose();
    }

    private static async Task SetUpAsync(string address)
    {
        using RawConnection connection = await RawConnection.OpenAsync(address);
        CreateTopicsRequest topic = new() { Topics = [new() { Name = "t", NumPartitions = 2, ReplicationFactor = 1 }], TimeoutMs = 30_000 };
        CreateTopicsResponse? created = await connection.AskAsync<CreateTopicsRequest, CreateTopicsResponse>(topic, CreateTopicsRequest.HighestVersion);
        created!.Topics[0].ErrorCode.ShouldBe((short)0);
        await Until.HoldsAsync($"{address} commits offsets", Apache.Patience, async () => await CommitAsync(connection) == (short)ErrorCode.None);
    }

    private static async Task<short> CommitAsync(RawConnection connection)
    {
        FindCoordinatorRequest find = new() { Key = "g" };
        FindCoordinatorResponse? found = await connection.AskAsync<FindCoordinatorRequest, FindCoordinatorResponse>(find, 3);
        if (found!.ErrorCode != 0)
        {
            return found.ErrorCode;
        }

        OffsetCommitRequest commit = new()
        {
            GroupId = "g",
            GenerationIdOrMemberEpoch = -1,
            Topics = [new() { Name = "t", Partitions = [new() { PartitionIndex = 0, CommittedOffset = 7, CommittedMetadata = "note" }] }],
        };
        OffsetCommitResponse? committed = await connection.AskAsync<OffsetCommitRequest, OffsetCommitResponse>(commit, OffsetCommitRequest.HighestVersion);
        return committed!.Topics[0].Partitions[0].ErrorCode;
    }
}
