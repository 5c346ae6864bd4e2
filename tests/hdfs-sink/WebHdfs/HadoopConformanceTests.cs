using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Game.HdfsSink.Tests.WebHdfs;

/// <summary>Apache Hadoop's NameNode and DataNode, where Hadoop and Java are installed. Set WEBHDFS_URL to use a running Hadoop instead.</summary>
public sealed class HadoopHdfs : IHdfsUnderTest, IAsyncLifetime
{
    private const int DataNodeHttpPort = 19861; // fixed by the launcher
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(90);
    private readonly string _folder = Directory.CreateTempSubdirectory("hadoop-").FullName;
    private readonly string? _launcher = FindLauncher();
    private readonly int _httpPort = FreePort();
    private readonly int _rpcPort = FreePort();
    private string? _skip;
    private Uri? _running;

    public Uri Address
    {
        get
        {
            if (_skip is not null)
            {
                Assert.Skip(_skip);
            }
            return _running!;
        }
    }

    public async ValueTask InitializeAsync()
    {
        if (Environment.GetEnvironmentVariable("WEBHDFS_URL") is { Length: > 0 } url)
        {
            _running = new Uri(url);
        }
        else if (_launcher is null)
        {
            _skip = "Apache Hadoop is not installed: nothing at $PEERS or ../shared/peers.";
        }
        else if (!HasJava())
        {
            _skip = "Apache Hadoop needs Java: apt-get install openjdk-17-jre-headless.";
        }
        else if (!IsFree(DataNodeHttpPort))
        {
            _skip = $"Another Hadoop holds port {DataNodeHttpPort}; set WEBHDFS_URL to its NameNode to test with it.";
        }
        else
        {
            _running = await StartAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_launcher is not null && _running is not null && Environment.GetEnvironmentVariable("WEBHDFS_URL") is null)
        {
            await RunAsync("down", _folder);
        }
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<Uri> StartAsync()
    {
        string printed = await RunAsync("up", _folder, "1");
        return new Uri(printed.Split(' ')[0]);
    }

    // The launcher's child processes keep its output open, so this reads the first line and waits for the launcher's end, not for the end of the output.
    private async Task<string> RunAsync(params string[] arguments)
    {
        ProcessStartInfo start = new(_launcher!) { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        start.Environment["HDFS_HTTP_PORT"] = _httpPort.ToString();
        start.Environment["HDFS_RPC_PORT"] = _rpcPort.ToString();
        using CancellationTokenSource limit = new(StartLimit);
        using Process process = Process.Start(start)!;
        string? line = arguments[0] == "up" ? await process.StandardOutput.ReadLineAsync(limit.Token) : "";
        await process.WaitForExitAsync(limit.Token);
        return line ?? throw new InvalidOperationException($"hdfs-cluster {arguments[0]} printed nothing");
    }

    private static string? FindLauncher()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Game.sln")))
            {
                return new[] { Environment.GetEnvironmentVariable("PEERS"), Path.Combine(at.FullName, "../shared/peers") }
                    .Where(peers => peers is not null).Select(peers => Path.Combine(peers!, "bin/hdfs-cluster")).FirstOrDefault(File.Exists);
            }
        }

        return null;
    }

    private static bool HasJava()
        => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "java")));

    private static int FreePort()
    {
        using TcpListener probe = new(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private static bool IsFree(int port)
    {
        try
        {
            using TcpListener probe = new(IPAddress.Loopback, port);
            probe.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

public sealed class HadoopConformanceTests(HadoopHdfs hdfs) : Conformance(hdfs), IClassFixture<HadoopHdfs>;
