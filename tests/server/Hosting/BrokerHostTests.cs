using System.Net;
using System.Net.Sockets;
using Broker.Server.Config;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Broker.Server.Tests.Hosting;

public sealed class BrokerHostTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("broker-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_protocol_of_older_clusters_is_refused_in_one_sentence()
    {
        BrokerOptions old = BrokerOptions.ForTests(more: [new("inter.broker.protocol.version", "3.3-IV3")]);
        (await Should.ThrowAsync<ConfigException>(() => BrokerHost.StartAsync(old))).Message.ShouldStartWith("inter.broker.protocol.version is 3.3-IV3, ");
        await using BrokerHost broker = await BrokerHost.StartAsync(BrokerOptions.ForTests(more: [new("inter.broker.protocol.version", "3.4")]));
    }

    [Fact]
    public async Task Acknowledged_records_survive_a_clean_stop_and_a_crash()
    {
        await using (BrokerHost first = await BrokerHost.StartAsync(BrokerOptions.ForTests(_folder)))
        {
            await Produce(first, "a");
        }
        File.Exists(Path.Combine(_folder, ".kafka_cleanshutdown")).ShouldBeTrue();
        BrokerHost second = await BrokerHost.StartAsync(BrokerOptions.ForTests(_folder));
        await Produce(second, "b");
        await second.AbortAsync();
        await using BrokerHost third = await BrokerHost.StartAsync(BrokerOptions.ForTests(_folder));
        Consume(third, 2).ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task Two_brokers_in_one_process_share_nothing()
    {
        await using BrokerHost one = await BrokerHost.StartAsync(BrokerOptions.ForTests());
        await using BrokerHost two = await BrokerHost.StartAsync(BrokerOptions.ForTests());
        await Produce(one, "one");
        await Produce(two, "two");
        Consume(one, 1).ShouldBe(["one"]);
        Consume(two, 1).ShouldBe(["two"]);
    }

    [Fact]
    public async Task Metrics_and_health_are_served_over_HTTP()
    {
        await using BrokerHost broker = await BrokerHost.StartAsync(BrokerOptions.ForTests(more: [new("metrics.http.listener", "127.0.0.1:0")]));
        await Produce(broker, "x");
        using HttpClient http = new() { BaseAddress = new Uri($"http://{broker.MetricsEndPoint}") };
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        string page = await http.GetStringAsync("/metrics", cancellation);
        page.ShouldContain("broker_request_duration_seconds_count{api=\"Produce\"} 1");
        page.ShouldContain("# TYPE broker_network_received_bytes_total counter");
        page.ShouldContain("broker_partitions 1");
        (await http.GetStringAsync("/healthz", cancellation)).ShouldBe("alive\n");
        (await http.GetStringAsync("/readyz", cancellation)).ShouldBe("ready\n");
        (await http.GetAsync("/other", cancellation)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_folder_in_use_and_a_port_in_use_are_reported_in_one_sentence()
    {
        await using BrokerHost broker = await BrokerHost.StartAsync(BrokerOptions.ForTests(_folder));
        (await Should.ThrowAsync<ConfigException>(() => BrokerHost.StartAsync(BrokerOptions.ForTests(_folder)))).Message.ShouldContain(_folder);
        BrokerOptions samePort = BrokerOptions.ForTests(more: [new("listeners", $"PLAINTEXT://127.0.0.1:{broker.BoundPort}")]);
        (await Should.ThrowAsync<ConfigException>(() => BrokerHost.StartAsync(samePort))).Message.ShouldContain($"{broker.BoundPort}");
    }

    [Fact]
    public async Task A_limit_of_connections_that_was_set_while_running_holds_after_a_restart()
    {
        await using (BrokerHost first = await BrokerHost.StartAsync(BrokerOptions.ForTests(_folder)))
        {
            using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = first.BootstrapServers }).Build();
            ConfigEntry limit = new() { Name = "max.connections.per.ip", Value = "1", IncrementalOperation = AlterConfigOpType.Set };
            await admin.IncrementalAlterConfigsAsync(new Dictionary<ConfigResource, List<ConfigEntry>>
            {
                [new ConfigResource
                {
                    Type = ResourceType.Broker, Name = "0",
                }] = [limit]
            });
        }

        await using BrokerHost second = await BrokerHost.StartAsync(BrokerOptions.ForTests(_folder));
        using TcpClient allowed = new("127.0.0.1", second.BoundPort);
        using TcpClient refused = new("127.0.0.1", second.BoundPort);
        (await refused.GetStream().ReadAsync(new byte[1], TestContext.Current.CancellationToken)).ShouldBe(0);
    }

    [Fact]
    public async Task A_journal_that_cannot_be_opened_is_reported_in_one_sentence()
    {
        // A folder in its place, which .NET reports as a missing permission.
        string journal = Directory.CreateDirectory(Path.Combine(_folder, "coordination.journal")).FullName;
        (await Should.ThrowAsync<ConfigException>(() => BrokerHost.StartAsync(BrokerOptions.ForTests(_folder)))).Message.ShouldContain(journal);
    }

    [Fact]
    public async Task A_partition_folder_that_may_not_be_read_is_reported_in_one_sentence()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "whoever may everything is refused nothing");
        string partition = Directory.CreateDirectory(Path.Combine(_folder, "t-0")).FullName;
        File.SetUnixFileMode(partition, UnixFileMode.None);
        try
        {
            (await Should.ThrowAsync<ConfigException>(() => BrokerHost.StartAsync(BrokerOptions.ForTests(_folder)))).Message.ShouldContain(partition);
        }
        finally
        {
            File.SetUnixFileMode(partition, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public async Task A_folder_of_another_broker_is_refused()
    {
        await using (await BrokerHost.StartAsync(BrokerOptions.ForTests(_folder)))
        {
            // The folder only needs its identity.
        }

        BrokerOptions other = BrokerOptions.ForTests(_folder, [new("broker.id", "7")]);
        (await Should.ThrowAsync<ConfigException>(() => BrokerHost.StartAsync(other))).Message.ShouldContain("broker.id");
    }

    private static async Task Produce(BrokerHost broker, string value)
    {
        using IProducer<Null, string> producer = new ProducerBuilder<Null, string>(new ProducerConfig
        {
            BootstrapServers = broker.BootstrapServers, EnableIdempotence = true, MessageTimeoutMs = 10_000,
        }).Build();
        (await producer.ProduceAsync("t", new Message<Null, string> { Value = value })).Status.ShouldBe(PersistenceStatus.Persisted);
    }

    private static string[] Consume(BrokerHost broker, int count)
    {
        ConsumerConfig config = new() { BootstrapServers = broker.BootstrapServers, GroupId = "unused", EnableAutoCommit = false };
        using IConsumer<Ignore, string> consumer = new ConsumerBuilder<Ignore, string>(config).Build();
        consumer.Assign(new TopicPartitionOffset("t", 0, 0));
        return [.. Enumerable.Range(0, count).Select(_ => consumer.Consume(TimeSpan.FromSeconds(10)).Message.Value)];
    }
}
