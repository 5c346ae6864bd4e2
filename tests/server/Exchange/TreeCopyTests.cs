using Broker.Coordination;
using Broker.Coordination.Embedded;
using Broker.Server.Exchange;
using Broker.Server.Metadata.Znodes;

namespace Broker.Server.Tests.Exchange;

/// <summary>What of a tree is copied, and that nothing of it is changed on the way.</summary>
public sealed class TreeCopyTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tree-").FullName;
    private readonly EmbeddedCoordination _from = EmbeddedCoordination.InMemory(TimeProvider.System);
    private readonly EmbeddedCoordination _to = EmbeddedCoordination.InMemory(TimeProvider.System);
    private ICoordinationSession _source = null!;
    private ICoordinationSession _target = null!;

    private string TreeFileName => Path.Combine(_folder, "tree");

    public async ValueTask InitializeAsync()
    {
        _source = await _from.OpenSession();
        _target = await _to.OpenSession();
    }

    public async ValueTask DisposeAsync()
    {
        await _from.DisposeAsync();
        await _to.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_tree_arrives_without_ephemerals_and_notices_and_generated_ids_continue()
    {
        foreach (string path in (string[])["/brokers", "/brokers/seqid", "/config", "/config/changes", "/a", "/a/b", "/zookeeper"])
        {
            await _source.Create(path, null);
        }
        await _source.Create("/text", "{\"a\":\"<default> ü\"}"u8.ToArray());
        await _source.Create("/bytes", [0xff, 0, 1]);
        await _source.Create("/empty", []);
        await _source.Create("/controller", null, CreateMode.Ephemeral);
        await _source.Create("/config/changes/config_change_", [1], CreateMode.PersistentSequential);
        await _source.SetData(ZnodePaths.BrokerSequence, []);
        await _source.SetData(ZnodePaths.BrokerSequence, []);

        TreeFile.Write(TreeFileName, await new TreeCopy(_source).Read());
        File.GetUnixFileMode(TreeFileName).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await new TreeCopy(_target).IsEmpty()).ShouldBeTrue();
        await new TreeCopy(_target).Fill(TreeFile.Read(TreeFileName));

        (await new TreeCopy(_target).IsEmpty()).ShouldBeFalse();
        (await _target.GetChildren("/")).Children.ShouldBe(["a", "brokers", "bytes", "config", "empty", "text"]);
        (await _target.GetChildren("/config/changes")).Children.ShouldBeEmpty();
        (await _target.GetData("/a/b")).Data.ShouldBeNull();
        (await _target.GetData("/empty")).Data.ShouldBe([]);
        (await _target.GetData("/bytes")).Data.ShouldBe([0xff, 0, 1]);
        (await _target.GetData("/text")).Data.ShouldBe("{\"a\":\"<default> ü\"}"u8.ToArray());
        (await _target.SetData(ZnodePaths.BrokerSequence, [])).Stat.Version.ShouldBe(3);
    }

    [Theory]
    [InlineData("", "first line")]
    [InlineData("log.dirs=/a", "first line")]
    [InlineData("{\"format\":\"znodes\",\"version\":1}\n{\"path\":\"/a\"}\nnot a znode", "line 3")]
    public void A_file_that_is_no_tree_is_refused(string text, string part)
    {
        File.WriteAllText(TreeFileName, text);
        Should.Throw<FormatException>(() => TreeFile.Read(TreeFileName)).Message.ShouldContain(part);
    }

    [Fact]
    public void A_file_is_never_overwritten()
    {
        File.WriteAllText(TreeFileName, "mine");
        Should.Throw<IOException>(() => TreeFile.Write(TreeFileName, []));
        File.ReadAllText(TreeFileName).ShouldBe("mine");
    }
}
