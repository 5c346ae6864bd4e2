using System.Net;
using System.Net.Sockets;
using Broker.Coordination;
using Broker.Coordination.ZooKeeper;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Game.Contracts;
using Microsoft.Extensions.Logging.Abstractions;
using Running;

namespace Faults.Tests.Clusters;

/// <summary>A broker that is started in the wrong place says so in one sentence, with exit code 1, and harms nobody.</summary>
public sealed class WrongClusterTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TempFolder _folder = new();
    private ZooKeeperServer? _zooKeeper;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(ZooKeeperServer.AbsentWithClient is not null, ZooKeeperServer.AbsentWithClient ?? "");
        _zooKeeper = await ZooKeeperServer.StartAsync(_folder);
    }

    public async ValueTask DisposeAsync()
    {
        await (_zooKeeper?.DisposeAsync() ?? ValueTask.CompletedTask);
        _folder.Dispose();
    }

    [Fact]
    public async Task The_second_broker_of_an_id_is_refused_and_the_first_one_stays()
    {
        string place = $"{_zooKeeper!.Address}/one-id";
        await using BrokerProcess first = await StartAsync("first", place, "broker.id=7");
        (await RefusalAsync("second", place, "broker.id=7")).ShouldMatch(
            "^broker: broker.id: /brokers/ids/7 belongs to another broker, whose session 0x[0-9a-f]+ has not ended: two brokers must not have one id.$");
        first.ShouldBeAlive();
        (await first.StopAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_folder_of_another_cluster_is_refused()
    {
        await using BrokerProcess one = await StartAsync("one", $"{_zooKeeper!.Address}/one", "broker.id=1");
        await using BrokerProcess other = await StartAsync("other", $"{_zooKeeper.Address}/other", "broker.id=2");
        await one.StopAsync();
        (await RefusalAsync("one", $"{_zooKeeper.Address}/other", "broker.id=1")).ShouldMatch(
            "^broker: log.dirs: '.*one' belongs to cluster [A-Za-z0-9_-]{22}, not to [A-Za-z0-9_-]{22}.?$");
        await one.StartAgainAsync();
    }

    [Fact]
    public async Task A_ZooKeeper_that_accepts_and_never_answers_is_one_sentence()
    {
        using TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();
        string place = silent.LocalEndpoint.ToString()!;
        (await RefusalAsync("broker", place, "zookeeper.connection.timeout.ms=500"))
            .ShouldBe($"broker: zookeeper.connect: ZooKeeper at {place} does not answer within 500 ms.");
    }

    /// <summary>ZooKeeper's data or its path is lost: what the folder holds is not given to an empty tree, because other brokers may have more of it.</summary>
    [Fact]
    public async Task A_folder_whose_cluster_ZooKeeper_does_not_know_is_refused_and_kept()
    {
        string place = $"{_zooKeeper!.Address}/known";
        await using BrokerProcess broker = await StartAsync("broker", place, "broker.id=1");
        await broker.StopAsync();
        string lost = $"{_zooKeeper.Address}/lost";
        (await RefusalAsync("broker", lost, "broker.id=1")).ShouldMatch(
            $"^broker: zookeeper.connect: ZooKeeper at {lost} knows no cluster, but the folders of log.dirs belong to cluster [A-Za-z0-9_-]{{22}}: "
            + "it has lost its data, or it is another one.$");
        await broker.StartAgainAsync();
    }

    /// <summary>A topic that was deleted must not come back from the folder of a broker that was away.</summary>
    [Fact]
    public async Task Folders_of_topics_that_ZooKeeper_does_not_have_make_no_topics_and_stay()
    {
        string before = $"{_zooKeeper!.Address}/before", after = $"{_zooKeeper.Address}/after";
        await using BrokerProcess broker = await StartAsync("broker", before, "broker.id=1");
        using (IAdminClient admin = Admin(broker))
        {
            await admin.CreateTopicsAsync([new TopicSpecification { Name = "gone", NumPartitions = 1, ReplicationFactor = 1 }]);
        }
        await broker.StopAsync();
        await CopyClusterIdAsync(before, after);
        await using BrokerProcess again = await StartAsync("broker", after, "broker.id=1");
        using (IAdminClient admin = Admin(again))
        {
            admin.GetMetadata(Patience).Topics.ShouldBeEmpty();
        }
        Directory.Exists(Path.Combine(again.DataFolder, "gone-0")).ShouldBeTrue();
    }

    private static async Task CopyClusterIdAsync(string from, string to)
    {
        await using ICoordinationSession source = await Coordination(from).OpenSession(), target = await Coordination(to).OpenSession();
        await target.Create("/cluster", null);
        (await target.Create("/cluster/id", (await source.GetData("/cluster/id")).Data)).Code.ShouldBe(Code.Ok);
    }

    private static ZooKeeperCoordination Coordination(string place)
        => new(new ZooKeeperOptions(ZooKeeperAddress.Parse(place), Patience, Patience, MaxInFlight: 1), TimeProvider.System, NullLogger.Instance);

    private static IAdminClient Admin(BrokerProcess broker)
        => new AdminClientBuilder(ClientSettings.Admin(broker.BootstrapServers, "faults")).SetLogHandler((_, _) => { }).Build();

    private Task<BrokerProcess> StartAsync(string folder, string place, params string[] settings) => BrokerProcess.StartAsync(_folder[folder],
        [$"zookeeper.connect={place}", "zookeeper.session.timeout.ms=2000", "offsets.topic.replication.factor=1", .. settings]);

    /// <summary>What a broker that must not start says on its standard error.</summary>
    private async Task<string> RefusalAsync(string folder, string place, params string[] settings)
    {
        string[] all = [$"listeners=PLAINTEXT://127.0.0.1:{FreePorts.Take()}", $"zookeeper.connect={place}", "zookeeper.session.timeout.ms=2000", .. settings];
        string[] arguments = ["--data", _folder[folder], .. all.SelectMany(setting => new[] { "--override", setting })];
        CommandResult result = await Command.RunAsync(Programs.PathOf("broker"), arguments, Programs.Environment(Repository.Root), timeout: Patience);
        result.ExitCode.ShouldBe(1, result.Said);
        return result.Errors.Trim();
    }
}
