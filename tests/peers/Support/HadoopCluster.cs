using System.Globalization;

namespace Peers.Tests.Support;

/// <summary>Apache Hadoop's NameNode and one DataNode.</summary>
internal sealed class HadoopCluster : IAsyncDisposable
{
    /// <summary>The ports that the launcher always gives to the first DataNode.</summary>
    private static readonly int[] DataNodePorts = [19841, 19861, 19881];
    private readonly string _folder;

    private HadoopCluster(string folder, string webHdfs)
    {
        _folder = folder;
        WebHdfs = webHdfs;
    }

    public string WebHdfs { get; }

    /// <summary>Starts it; skips the case if another Hadoop on this machine has the DataNode's ports.</summary>
    public static async Task<HadoopCluster> StartAsync(string folder)
    {
        Assert.SkipUnless(Array.TrueForAll(DataNodePorts, FreePorts.IsFree), "Another Hadoop of this machine holds the DataNode's ports.");
        int[] ports = FreePorts.Take(2);
        // Its daemons keep the launcher's output open, so the output goes to a file.
        string[] arguments = ["-c", "exec \"$0\" up \"$1\" 1 >\"$1.out\" 2>&1", Running.Peers.Launcher("hdfs-cluster"), folder];
        Dictionary<string, string> environment = new(StringComparer.Ordinal)
        {
            ["HDFS_HTTP_PORT"] = ports[0].ToString(CultureInfo.InvariantCulture),
            ["HDFS_RPC_PORT"] = ports[1].ToString(CultureInfo.InvariantCulture),
        };
        CommandResult up = await Command.RunAsync("/bin/sh", arguments, environment, timeout: Apache.Patience);
        HadoopCluster cluster = new(folder, $"http://127.0.0.1:{ports[0]}");
        if (up.ExitCode == 0)
        {
            return cluster;
        }
        await cluster.DisposeAsync();
        throw new RunningProgramException(await File.ReadAllTextAsync($"{folder}.out"));
    }

    public async ValueTask DisposeAsync() => await Command.RunAsync(Running.Peers.Launcher("hdfs-cluster"), ["down", _folder], timeout: Apache.Patience);
}
