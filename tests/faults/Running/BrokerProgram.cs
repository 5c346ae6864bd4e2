using Confluent.Kafka;
using Game.Contracts;

namespace Faults.Tests.Running;

/// <summary>A broker on one port and one data folder, that can be killed and started again.</summary>
internal sealed class BrokerProgram : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private readonly string folder;
    private readonly string[] settings;
    private RunningProgram? program;

    /// <param name="folder">Its data and its log.</param>
    /// <param name="settings">key=value.</param>
    public BrokerProgram(TestFolder folder, params string[] settings)
    {
        this.folder = folder.Sub("broker");
        this.settings = settings;
        Admin = new AdminClientBuilder(ClientSettings.Admin(Bootstrap, "faults")).SetLogHandler((_, _) => { }).Build();
    }

    public int Port { get; } = Ports.Take();

    public string Bootstrap => $"127.0.0.1:{Port}";

    public IAdminClient Admin { get; }

    public string Data => Path.Combine(folder, "data");

    public RunningProgram Program => program ?? throw new InvalidOperationException("The broker was not started yet.");

    /// <summary>Starts it and waits until it answers.</summary>
    /// <param name="before">As in <see cref="RunningProgram.Start"/>.</param>
    public async Task StartAsync(string before = "")
    {
        string[] arguments = ["--data", Data, "--override", $"listeners=PLAINTEXT://{Bootstrap}", "--override", "group.initial.rebalance.delay.ms=0",
            .. settings.SelectMany(setting => (string[])["--override", setting])];
        program = RunningProgram.Start("broker", "broker", arguments, Path.Combine(folder, "broker.log"), before);
        await Until.HoldsAsync("the broker's first answer", StartTimeout, () =>
        {
            Program.ShouldBeAlive();
            return Answers();
        });
    }

    public Task KillAsync() => Program.KillAsync();

    public async ValueTask DisposeAsync()
    {
        Admin.Dispose();
        if (program is not null)
            await program.DisposeAsync();
    }

    private bool Answers()
    {
        try
        {
            return Admin.GetMetadata(TimeSpan.FromSeconds(2)).Brokers.Count > 0;
        }
        catch (KafkaException)
        {
            return false;
        }
    }
}
