using Broker.Protocol;
using Broker.Protocol.Messages;
using Peers.Tests.Support;
using Partition = Broker.Protocol.Messages.MetadataResponse.MetadataResponsePartition;

namespace Peers.Tests.Requests;

/// <summary>
/// An Apache Kafka 3.9 broker and one of ours are members of one cluster: each sends the other the requests of a controller, and asks the other's controller.
/// </summary>
public sealed class BetweenBrokersTests : IDisposable
{
    private const int Apaches = 0;
    private const int Ours = 1;
    private const int Partitions = 4;

    private static readonly string[] Settings =
        ["zookeeper.session.timeout.ms=6000", "offsets.topic.replication.factor=1", "offsets.topic.num.partitions=1", "default.replication.factor=2"];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("3.4")]
    [InlineData("3.9")]
    public async Task Our_broker_is_a_member_under_Apaches_controller(string release)
    {
        NeedRelease(release);
        await using ApacheZooKeeper zooKeeper = await ApacheZooKeeper.StartAsync(_folder);
        await using ApacheKafka apache = await ApacheKafka.StartAsync(_folder, zooKeeper, _folder["apache"], [Protocol(release), .. Settings]);
        await using BrokerProcess ours = await StartOursAsync(zooKeeper, release);
        await WorksTogetherAsync(apache.BootstrapServers, ours.BootstrapServers, controller: Apaches);

        await ours.StopAsync();
        ours.Log.ShouldContain("The controller has moved this broker's leaderships to other brokers");
        (await TopicAsync(apache.BootstrapServers, "t")).ShouldAllBe(partition => partition.LeaderId == Apaches && partition.IsrNodes.Length == 1);
    }

    [Theory]
    [InlineData("3.6")]
    [InlineData("3.9")]
    public async Task Apaches_broker_is_a_member_under_our_controller(string release)
    {
        NeedRelease(release);
        await using ApacheZooKeeper zooKeeper = await ApacheZooKeeper.StartAsync(_folder);
        await using BrokerProcess ours = await StartOursAsync(zooKeeper, release);
        await using ApacheKafka apache = await ApacheKafka.StartAsync(_folder, zooKeeper, _folder["apache"], [Protocol(release), .. Settings]);
        await WorksTogetherAsync(ours.BootstrapServers, apache.BootstrapServers, controller: Ours);

        await apache.StopAsync();
        apache.Log.ShouldContain("Controlled shutdown request returned successfully");
        (await TopicAsync(ours.BootstrapServers, "t")).ShouldAllBe(partition => partition.LeaderId == Ours && partition.IsrNodes.Length == 1);
    }

    /// <summary>The newest release is the smoke test of the others.</summary>
    private static void NeedRelease(string release)
    {
        if (release != "3.9")
        {
            Need.AllCases();
        }

        Need.Cluster();
    }

    /// <summary>Topics, in-sync replicas, producer ids and topics that are created by their use, through either broker.</summary>
    private static async Task WorksTogetherAsync(string controlling, string other, int controller)
    {
        using RawConnection connection = await RawConnection.OpenAsync(controlling);
        await Until.HoldsAsync("both brokers are registered", Apache.Patience,
            async () => (await connection.AskAsync<MetadataRequest, MetadataResponse>(new MetadataRequest { Topics = [] }, 12))!.Brokers.Length == 2);
        CreateTopicsRequest topic = new() { Topics = [new() { Name = "t", NumPartitions = Partitions, ReplicationFactor = 2 }], TimeoutMs = 30_000 };
        (await connection.AskAsync<CreateTopicsRequest, CreateTopicsResponse>(topic, CreateTopicsRequest.HighestVersion))!.Topics[0].ErrorCode
            .ShouldBe((short)ErrorCode.None);

        foreach (string broker in new[] { controlling, other })
        {
            await Until.HoldsAsync($"{broker} knows two in-sync replicas of all partitions", Apache.Patience,
                async () => await TopicAsync(broker, "t") is { Length: Partitions } partitions && partitions.All(partition => partition.IsrNodes.Length == 2));
            (await ControllerAsync(broker)).ShouldBe(controller);
            await Until.HoldsAsync($"{broker} creates a topic that is used", Apache.Patience,
                async () => (await TopicAsync(broker, $"used-{broker.Split(':')[1]}")).Any(partition => partition.IsrNodes.Length == 2));
        }

        await Kafka.ProduceAsync(controlling, "t", Kafka.Numbers(0, 1000));
        Kafka.ReadAll(other, "t", Partitions).Select(record => record.Message.Value).ShouldBe(Kafka.Numbers(0, 1000), ignoreOrder: true);
        long[] ids = [await ProducerIdAsync(controlling), await ProducerIdAsync(other), await ProducerIdAsync(controlling), await ProducerIdAsync(other)];
        ids.ShouldBeUnique();
        (ids[0] / 1000).ShouldNotBe(ids[1] / 1000, "each broker has a block of its own");
    }

    private static async Task<Partition[]> TopicAsync(string address, string topic)
    {
        using RawConnection connection = await RawConnection.OpenAsync(address);
        MetadataRequest request = new() { Topics = [new() { Name = topic }], AllowAutoTopicCreation = true };
        return (await connection.AskAsync<MetadataRequest, MetadataResponse>(request, MetadataRequest.HighestVersion))!.Topics[0].Partitions;
    }

    private static async Task<int> ControllerAsync(string address)
    {
        using RawConnection connection = await RawConnection.OpenAsync(address);
        return (await connection.AskAsync<DescribeClusterRequest, DescribeClusterResponse>(new DescribeClusterRequest(), 1))!.ControllerId;
    }

    private static async Task<long> ProducerIdAsync(string address)
    {
        using RawConnection connection = await RawConnection.OpenAsync(address);
        long id = -1;
        await Until.HoldsAsync($"{address} gives a producer id", Apache.Patience, async () =>
        {
            InitProducerIdRequest request = new() { TransactionalId = null, TransactionTimeoutMs = 1000 };
            InitProducerIdResponse response = (await connection.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(request, 1))!;
            id = response.ProducerId;
            return response.ErrorCode == 0;
        });
        return id;
    }

    private static string Protocol(string release) => $"inter.broker.protocol.version={release}";

    private Task<BrokerProcess> StartOursAsync(ApacheZooKeeper zooKeeper, string release) =>
        BrokerProcess.StartAsync(_folder["ours"], [$"broker.id={Ours}", $"zookeeper.connect={zooKeeper.Address}", Protocol(release), .. Settings]);
}
