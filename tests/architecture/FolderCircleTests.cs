namespace Architecture.Tests;

/// <summary>In no project do folders use each other in a circle: a type that two folders need is in a folder below both.</summary>
public sealed class FolderCircleTests
{
    /// <summary>Assembly and root namespace of every project of the product.</summary>
    public static TheoryData<string, string> Projects => new()
    {
        { "Broker.Protocol.Generator", "Broker.Protocol.Generator" },
        { "Broker.Protocol", "Broker.Protocol" },
        { "Broker.Storage", "Broker.Storage" },
        { "Broker.Coordination", "Broker.Coordination" },
        { "broker", "Broker.Server" },
        { "Game.Contracts", "Game.Contracts" },
        { "game-server", "Game.GameServer" },
        { "Game.Detector.Engine", "Game.Detector" },
        { "detector", "Game.Detector" },
        { "Game.WebHdfs", "Game.WebHdfs" },
        { "local-webhdfs", "Game.LocalWebHdfs" },
        { "hdfs-sink", "Game.HdfsSink" },
        { "Game.Analysis", "Game.Analysis" },
        { "Game.Simulator", "Game.Simulator" },
        { "game-cli", "Game.Cli" },
    };

    [Theory]
    [MemberData(nameof(Projects))]
    public void Folders_form_no_circle(string assembly, string rootNamespace)
        => FolderGraph.Of(System.Reflection.Assembly.Load(assembly), rootNamespace).Circles().ShouldBeEmpty();

    [Fact]
    public void The_graph_sees_arrows() => FolderGraph.Of(System.Reflection.Assembly.Load("broker"), "Broker.Server").Arrows.ShouldBeGreaterThan(50);
}
