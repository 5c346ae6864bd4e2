using Broker.Coordination;
using Broker.Coordination.Embedded;
using Broker.Server.Config;
using Broker.Server.Controller;
using Broker.Server.Metadata;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Tests.Apis;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Server.Tests.Controller;

/// <summary>A broker that starts while the znode of its killed life is there.</summary>
public sealed class BrokerRegistrarTests : IAsyncLifetime
{
    private const string ClusterId = "cluster";

    private static readonly BrokerRegistration Registration = new(1, [new BrokerEndpoint("PLAINTEXT", "localhost", 9001, 0)], null, 0);

    private readonly string _folder = Directory.CreateTempSubdirectory("broker-").FullName;
    private readonly EmbeddedCoordination _tree = EmbeddedCoordination.InMemory(TimeProvider.System);

    private readonly ClusterSession _client;

    public BrokerRegistrarTests() => _client = new ClusterSession(_tree);

    private string SessionFile => Path.Combine(_folder, "session");

    public async ValueTask InitializeAsync()
    {
        await _client.Open();
        await new ZnodeClient(_client).CreatePersistentPaths();
        await new ZnodeClient(_client).GetOrCreateClusterId(ClusterId);
    }

    public async ValueTask DisposeAsync()
    {
        await _tree.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task It_ends_the_session_that_its_killed_life_has_saved_and_registers_with_a_newer_epoch()
    {
        (BrokerRegistrar killed, ClusterSession dead) = await Register(Life());
        File.GetUnixFileMode(SessionFile).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await dead.Current.Create("/controller", null, CreateMode.Ephemeral)).Code.ShouldBe(Code.Ok);

        (BrokerRegistrar restarted, ClusterSession session) = await Register(Life());
        restarted.Epoch.ShouldBeGreaterThan(killed.Epoch);
        dead.Current.State.ShouldBe(SessionState.Expired);
        (await session.Current.Exists(ZnodePaths.Broker(1))).Stat.EphemeralOwner.ShouldBe(session.Current.SessionId);
        (await session.Current.Exists("/controller")).Code.ShouldBe(Code.NoNode);
    }

    [Fact]
    public async Task It_waits_until_a_session_has_timed_out_whose_key_it_does_not_have()
    {
        (BrokerRegistrar killed, ClusterSession dead) = await Register(Life());
        File.Delete(SessionFile);
        Task<(BrokerRegistrar Registrar, ClusterSession)> waiting = Register(Life());
        await dead.Current.SetData(ZnodePaths.Broker(1), []); // Not the end that it waits for.
        waiting.IsCompleted.ShouldBeFalse();
        await _tree.Expire(dead.Current);
        (await waiting).Registrar.Epoch.ShouldBeGreaterThan(killed.Epoch);
    }

    [Fact]
    public async Task It_waits_as_long_as_the_server_lets_a_session_last_where_that_is_longer_than_it_asks_for()
    {
        await Register(null);
        FakeTimeProvider time = new();
        ClusterSession session = new(new LossyCoordination(_tree) { Timeout = TimeSpan.FromSeconds(4) });
        await session.Open();
        FormerLife life = new(SessionFile, TimeSpan.FromSeconds(2), time, new MetadataLog(NullLogger.Instance));
        StatResult znode = await session.Current.Exists(ZnodePaths.Broker(1));
        Task<bool> end = life.End(session, ZnodePaths.Broker(1), znode.Stat.EphemeralOwner).AsTask();
        time.Advance(TimeSpan.FromSeconds(5));
        await session.Current.Exists("/"); // The wait has begun, or is over.
        await _client.Current.Delete(ZnodePaths.Broker(1)); // As the end of the session does.
        (await end).ShouldBeTrue();
    }

    [Fact]
    public async Task It_refuses_in_one_sentence_when_the_session_has_not_ended_in_time()
    {
        await Register(Life());
        File.Delete(SessionFile);
        (await Should.ThrowAsync<ConfigException>(() => Register(Life(TimeSpan.Zero)))).Message.ShouldContain("two brokers must not have one id.");
    }

    [Fact]
    public async Task A_saved_key_that_is_damaged_or_of_an_ended_session_is_no_key()
    {
        (_, ClusterSession dead) = await Register(Life());
        await _tree.Expire(dead.Current);
        (_, ClusterSession other) = await Register(null);
        await Should.ThrowAsync<ConfigException>(() => Register(Life(TimeSpan.Zero)));
        await File.WriteAllTextAsync(SessionFile, "not a key");
        await Should.ThrowAsync<ConfigException>(() => Register(Life(TimeSpan.Zero)));
        other.Current.State.ShouldBe(SessionState.Connected);
    }

    /// <summary>The client counts its session as ended before the server does.</summary>
    [Fact]
    public async Task It_replaces_the_znode_of_its_own_former_session()
    {
        (BrokerRegistrar registrar, ClusterSession session) = await Register(null);
        (long former, long owner) = (registrar.Epoch, session.Current.SessionId);
        await session.Open();
        await registrar.Register(Registration);
        registrar.Epoch.ShouldBeGreaterThan(former);
        session.Current.SessionId.ShouldNotBe(owner);
        (await session.Current.Exists(ZnodePaths.Broker(1))).Stat.EphemeralOwner.ShouldBe(session.Current.SessionId);
    }

    [Theory]
    [InlineData(null, "knows no cluster now")]
    [InlineData("other", "has cluster other now")]
    public async Task It_registers_in_no_other_tree_than_its_clusters(string? found, string said)
    {
        (BrokerRegistrar registrar, ClusterSession session) = await Register(null);
        await _tree.Expire(session.Current);
        (await _client.Current.Delete(ZnodePaths.ClusterId)).ShouldBe(Code.Ok);
        if (found is not null)
        {
            await new ZnodeClient(_client).GetOrCreateClusterId(found);
        }
        await session.Open();
        (await Should.ThrowAsync<ConfigException>(async () => await registrar.Register(Registration))).Message.ShouldContain(said);
        (await _client.Current.Exists(ZnodePaths.Broker(1))).Code.ShouldBe(Code.NoNode);
    }

    private FormerLife Life(TimeSpan? sessionTimeout = null) =>
        new(SessionFile, sessionTimeout ?? TimeSpan.FromMinutes(1), TimeProvider.System, new MetadataLog(NullLogger.Instance));

    private async Task<(BrokerRegistrar Registrar, ClusterSession Session)> Register(FormerLife? former)
    {
        ClusterSession session = new(_tree);
        await session.Open();
        BrokerRegistrar registrar = new(session, ClusterId, former);
        await registrar.Register(Registration);
        return (registrar, session);
    }
}
