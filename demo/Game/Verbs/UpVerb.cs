using System.CommandLine;
using Confluent.Kafka;
using Game.Cli.Processes;
using Game.Contracts;
using Game.WebHdfs;
using Spectre.Console;

namespace Game.Cli.Verbs;

/// <summary><c>./game up</c>: the system without a load, kept running.</summary>
internal static class UpVerb
{
    public static Command Create()
    {
        var partitions = new Option<int>("--partitions") { Description = "Partitions of player-events [4]", DefaultValueFactory = _ => 4 };
        var bootstrap = new Option<string?>("--bootstrap-server") { Description = "HOST:PORT of an outside Kafka" };
        var webHdfs = new Option<string?>("--webhdfs") { Description = "URL of an outside HDFS" };
        var command = new Command("up", "Start the system and keep it running until ./game down") { partitions, bootstrap, webHdfs };
        command.SetAction((parsed, cancellation) => RunAsync(new SystemOptions(parsed.GetValue(partitions), parsed.GetValue(bootstrap), parsed.GetValue(webHdfs)), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(SystemOptions options, CancellationToken cancellation)
    {
        await using FileStream only = SystemLock.Take();
        if (SystemFolder.Newest()?.Running() is not null)
            throw new UserErrorException("A system is running already: ./game status shows it, ./game down ends it.");
        SystemFolder folder = SystemFolder.Create("up", TimeProvider.System.GetLocalNow());
        await using var system = new GameSystem(folder, options);
        using IAdminClient admin = new AdminClientBuilder(ClientSettings.Admin(system.Endpoints.BootstrapServers, "up")).SetLogHandler((_, _) => { }).Build();
        using var hdfs = new WebHdfsClient(new WebHdfsOptions { NameNodes = WebHdfsOptions.ParseNameNodes(system.Endpoints.WebHdfs) });
        await system.StartStoresAsync(admin, hdfs, cancellation);
        await system.StartApplicationsAsync(cancellation);
        system.Keep();
        StatusVerb.Write(AnsiConsole.Console, folder, folder.Running()!);
        string targets = string.Join(' ', system.Endpoints.GameServers.Select(url => $"--target {url}"));
        AnsiConsole.WriteLine($"Next: ./game simulate {targets} --credential-file {system.CredentialFile} --accounts-key-file {system.AccountsKeyFile}");
        return 0;
    }
}
