using System.CommandLine;
using Confluent.Kafka;
using Game.Cli.Processes;
using Game.Contracts;
using Game.WebHdfs;

namespace Game.Cli.Verbs;

/// <summary><c>./game up</c>: the system without a load, kept running. It goes on with the data of the newest system that up has started.</summary>
internal static class UpVerb
{
    public const string Name = "up";
    private const int UsualPartitions = 4;

    private sealed record Options(int? Partitions, bool Fresh, string? BootstrapServers, string? WebHdfs);

    public static Command Create()
    {
        Option<int?> partitions = OptionOf.Whole("--partitions", $"Partitions of player-events; they never change [{UsualPartitions}]", 1,
            OptionOf.MaxPartitions);
        Option<bool> fresh = new("--fresh") { Description = "Begin with an empty system; the data of the one before stays where it is" };
        Option<string?> bootstrap = OptionOf.Bootstrap("HOST:PORT of an outside Kafka");
        Option<string?> webHdfs = OptionOf.WebHdfs("URL of an outside HDFS");
        Command command = new(Name, "Start the system, or the one of before again, and keep it running until ./game down")
        {
            partitions, fresh, bootstrap, webHdfs,
        };
        command.SetAction((parsed, cancellation)
            => RunAsync(new Options(parsed.GetValue(partitions), parsed.GetValue(fresh), parsed.GetValue(bootstrap), parsed.GetValue(webHdfs)), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(Options options, CancellationToken cancellation)
    {
        await using FileStream only = SystemLock.Take();
        if (SystemFolder.Active() is not null)
        {
            throw new UserErrorException("A system is running already: ./game status shows it, ./game down ends it.");
        }
        SystemFolder? before = options.Fresh ? null : SystemFolder.NewestOf(Name);
        int partitions = Partitions(options.Partitions, before);
        SystemFolder folder = before ?? SystemFolder.Create(Name, TimeProvider.System.GetLocalNow());
        // Its data may lie outside.
        string? bootstrap = options.BootstrapServers ?? before?.Settled?.BootstrapServers, webHdfs = options.WebHdfs ?? before?.Settled?.WebHdfs;
        await using GameSystem system = new(folder, new SystemOptions(partitions, bootstrap, webHdfs));
        using IAdminClient admin = new AdminClientBuilder(ClientSettings.Admin(system.Endpoints.BootstrapServers, "up")).SetLogHandler((_, _) => { }).Build();
        using WebHdfsClient hdfs = new(system.Hdfs);
        await system.StartStoresAsync(admin, hdfs, cancellation);
        await system.StartApplicationsAsync(cancellation);
        system.Keep();
        folder.Settle(system.Settled);
        folder.BecomeNewest();
        StatusVerb.Write(folder, folder.Running()!);
        if (before is not null)
        {
            Console.WriteLine("It goes on with the data of before; ./game up --fresh begins with an empty system.");
        }
        string targets = string.Join(' ', system.Endpoints.GameServers.Select(url => $"--target {url}"));
        Console.WriteLine($"Next: ./game simulate {targets} --credential-file {system.CredentialFile} --accounts-key-file {system.AccountsKeyFile}");
        return 0;
    }

    private static int Partitions(int? wanted, SystemFolder? before)
    {
        int there = before?.Settled?.Partitions ?? wanted ?? UsualPartitions;
        if (wanted is { } other && other != there)
        {
            throw new UserErrorException(
                $"The system of before has {there} partitions, and they never change: leave --partitions out, or begin with an empty system by --fresh.");
        }
        return there;
    }
}
