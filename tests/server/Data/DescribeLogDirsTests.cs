using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Apis;
using Broker.Server.Requests;
using Broker.Server.Security;
using Broker.Server.Tests.Apis;
using Broker.Storage;
using Broker.Storage.Files;
using Broker.Storage.Logs;

namespace Broker.Server.Tests.Data;

/// <summary>DescribeLogDirs on two log directories.</summary>
public sealed class DescribeLogDirsTests : IDisposable
{
    private readonly DataBroker _broker = new(folders: ["/one", "/two"]);

    public void Dispose() => _broker.Dispose();

    [Fact]
    public async Task Sizes_are_told_of_what_is_asked_for()
    {
        _broker.Create("t", 2);
        byte[] batch = DataBroker.Batch(3);
        int size = batch.Length;
        (await _broker["t", 1].ProduceAsync(batch, -1, TimeSpan.FromSeconds(1), allowZstd: true)).Error.ShouldBe(ErrorCode.None);
        DescribeLogDirsResponse.DescribeLogDirsResult[] all = await Describe(null);
        all.Select(directory => directory.LogDir).ShouldBe(["/one", "/two"]);
        all.SelectMany(Partitions).OrderBy(p => p.PartitionIndex).Select(p => (p.PartitionIndex, p.PartitionSize, p.OffsetLag, p.IsFutureKey)).ShouldBe([(0, 0,
            0, false), (1, size, 0, false)]);
        all.ShouldAllBe(directory => directory.TotalBytes == -1 && directory.UsableBytes == -1, "memory has no volume");
        (await Describe([new() { Topic = "t", Partitions = [1, 7] },
            new() { Topic = "none", Partitions = [0] }])).SelectMany(Partitions).ShouldHaveSingleItem().PartitionIndex.ShouldBe(1);
        (await Describe([])).ShouldAllBe(directory => directory.Topics.Length == 0);
    }

    [Fact]
    public async Task A_log_without_its_partition_has_no_lag_that_could_be_told()
    {
        _broker.Directories.GetOrCreate(new TopicPartition("stray", 0), Guid.Empty, new LogConfig());
        (await Describe(null)).SelectMany(Partitions).ShouldHaveSingleItem().OffsetLag.ShouldBe(-1);
    }

    [Fact]
    public async Task A_directory_that_has_failed_says_so()
    {
        _broker.Create("t", 2);
        PartitionLog log = _broker["t"].Log!;
        _broker.Disk.BeforeChange = (_, path) =>
        {
            if (path.StartsWith(log.Directory, StringComparison.Ordinal))
            {
                throw new IOException("as a broken disk would");
            }
        };
        (await _broker["t"].ProduceAsync(DataBroker.Batch(), -1, TimeSpan.FromSeconds(1), allowZstd: true)).Error.ShouldBe(ErrorCode.KafkaStorageError);
        DescribeLogDirsResponse.DescribeLogDirsResult[] all = await Describe(null);
        foreach (DescribeLogDirsResponse.DescribeLogDirsResult directory in all)
        {
            bool hasFailed = directory.LogDir == log.Directory;
            ((ErrorCode)directory.ErrorCode).ShouldBe(hasFailed ? ErrorCode.KafkaStorageError : ErrorCode.None);
            (directory.Topics.Length == 0).ShouldBe(hasFailed);
        }
    }

    [Fact]
    public async Task Who_may_not_describe_the_cluster_is_told_nothing()
    {
        _broker.Create("t");
        _broker.Authorizer.Rule = (_, type, _) => type != ResourceType.Cluster;
        DescribeLogDirsResponse response = await Ask(null);
        ((ErrorCode)response.ErrorCode).ShouldBe(ErrorCode.ClusterAuthorizationFailed);
        response.Results.ShouldBeEmpty();
    }

    private static IEnumerable<DescribeLogDirsResponse.DescribeLogDirsPartition> Partitions(DescribeLogDirsResponse.DescribeLogDirsResult directory) =>
        directory.Topics.SelectMany(topic => topic.Partitions);

    private async Task<DescribeLogDirsResponse.DescribeLogDirsResult[]> Describe(DescribeLogDirsRequest.DescribableLogDirTopic[]? topics)
        => (await Ask(topics)).Results;

    private async Task<DescribeLogDirsResponse> Ask(DescribeLogDirsRequest.DescribableLogDirTopic[]? topics)
    {
        DescribeLogDirsApi api = new(_broker.Services, _broker.Directories);
        RequestContext context = new(_broker.Connection, ApiKey.DescribeLogDirs, 4, 1, "test");
        IMessage? answer = await api.DispatchBytes(OneBrokerCluster.Bytes(new DescribeLogDirsRequest { Topics = topics }, 4), context);
        return OneBrokerCluster.Read<DescribeLogDirsResponse>(OneBrokerCluster.Bytes(answer!, 4), 4);
    }
}
