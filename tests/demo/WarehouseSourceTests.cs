using Game.Cli.Audit;
using Game.Cli.Demo;
using Game.Cli.Processes;
using Game.Cli.Report;
using Game.LocalWebHdfs;
using Microsoft.AspNetCore.Builder;
using Spectre.Console;

namespace Game.Demo.Tests;

/// <summary>Queries find the rows of a system that does not run.</summary>
[Collection(GameHome.Name)]
public sealed class WarehouseSourceTests : IDisposable
{
    private readonly TemporaryHome _home = new();
    private readonly List<string> _reported = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task The_rows_are_in_the_folder_of_the_system()
    {
        SystemFolder folder = SystemFolder.Create("demo", DateTimeOffset.UnixEpoch);
        Directory.CreateDirectory(Path.Combine(folder.Hdfs, "own"));
        folder.SaveOptions(new SystemOptions(4, BootstrapServers: "kafka:9092"));
        folder.Finish("{}");
        (await FolderAsync("/own")).ShouldBeTrue();
        _reported.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_rows_are_in_the_outside_HDFS_that_the_system_wrote_to()
    {
        string root = Path.Combine(_home.Path, "outside");
        Directory.CreateDirectory(Path.Combine(root, "theirs"));
        await using WebApplication outside = LocalWebHdfsServer.BuildReadOnly(root, "http://127.0.0.1:0");
        await outside.StartAsync(Stop);
        SystemFolder folder = SystemFolder.Create("demo", DateTimeOffset.UnixEpoch);
        Directory.CreateDirectory(folder.Hdfs);
        folder.SaveOptions(new SystemOptions(4, WebHdfs: outside.Urls.Single()));
        folder.Finish("{}");
        (await FolderAsync("/theirs")).ShouldBeTrue();
        _reported.ShouldHaveSingleItem().ShouldContain(outside.Urls.Single());
    }

    [Theory]
    [InlineData(null, "./game query \"select", "./game shell\n", "Data, logs and audit are in\n  /a/folder")]
    [InlineData("http://hdfs:9870", "./game query --webhdfs http://hdfs:9870 \"select", "./game shell --webhdfs http://hdfs:9870\n",
        "Rows are in http://hdfs:9870; logs and audit are in\n  /a/folder")]
    public void The_suggested_commands_query_the_HDFS_with_the_rows(string? webHdfs, string query, string shell, string place)
    {
        using StringWriter text = new();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(text) });
        ReportText.WriteEnd(console, Empty, webHdfs, isKept: false, removed: []);
        text.ToString().ShouldSatisfyAllConditions(end => end.ShouldContain(query), end => end.ShouldContain(shell), end => end.ShouldContain(place));
    }

    [Fact]
    public void The_user_name_for_the_local_server_is_one_that_it_accepts() => GameSystem.LocalHdfs("http://127.0.0.1:1").UserName.ShouldMatch("^[a-z]+$");

    private static DemoReport Empty
    {
        get
        {
            AuditSection audit = new()
            {
                Sent = 0, Answered = 0, Rejected = 0, InTopic = 0, Detected = 0, InHdfs = 0, HistoryPublished = 0, HistoryInTopic = 0, HistoryInHdfs = 0,
                AlertsInTopic = 0, AlertsInHdfs = 0,
                CriticalAlerts = 0, AlertsInPriority = 0, PriorityRepeats = 0, RefusedLogins = 0, DeadLetters = 0, ReplayedDeadLetters = 0, Misrouted = 0,
                DuplicateAlertIds = 0, DuplicateRowsInHdfs = 0, ReplayDifferences = 0, Differences = [],
            };
            LatencyFigures none = new(0, 0, 0, 0);
            return new DemoReport(audit, new LatencySection(none, none, Valid: true, 0, none), new RecoverySection(0, 0), new RatesSection(0, 0, 0, 0), null!,
                new EndpointsSection("", "", []), "/a/folder");
        }
    }

    private async Task<bool> FolderAsync(string path)
    {
        await using WarehouseSource source = await WarehouseSource.OpenAsync(address: null, _reported.Add, Stop);
        return await source.Hdfs.GetFileStatusAsync(path, Stop) is not null;
    }
}
