using System.Diagnostics;
using Game.Cli.Processes;

namespace Game.Cli.Bench;

/// <summary>The broker of this project, with a new data folder.</summary>
internal sealed class OwnBroker : IBrokerUnderTest
{
    private readonly string _folder;
    private ChildProcess _process = null!;

    private OwnBroker(string folder)
    {
        _folder = folder;
        BootstrapServers = $"127.0.0.1:{FreePorts.Find(1)[0]}";
    }

    public string Name => "ours";

    public string BootstrapServers { get; }

    public int ProcessId => _process.Id;

    public static async Task<OwnBroker> StartAsync(string folder, CancellationToken cancellation)
    {
        OwnBroker broker = new(folder);
        await broker.StartAsync(cancellation);
        return broker;
    }

    public async Task<TimeSpan?> RestartAsync(CancellationToken cancellation)
    {
        await _process.StopAsync();
        _process.Dispose();
        return await StartAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.StopAsync();
        _process.Dispose();
    }

    private async Task<TimeSpan> StartAsync(CancellationToken cancellation)
    {
        long since = Stopwatch.GetTimestamp();
        _process = ChildProcess.Start("broker", "broker", ["--data", Path.Combine(_folder, "ours"), "--override", $"listeners=PLAINTEXT://{BootstrapServers}"],
            Path.Combine(_folder, "ours.log"));
        return await MetadataProbe.FirstAnswerAsync(BootstrapServers, since, cancellation);
    }
}
