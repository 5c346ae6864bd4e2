using System.CommandLine;
using System.CommandLine.Parsing;
using Game.HdfsSink.Consuming;
using Game.HdfsSink.Rows;
using Game.WebHdfs;

namespace Game.HdfsSink;

/// <summary>The options of <c>hdfs-sink</c>, their ranges, and the settings that come of them.</summary>
internal sealed class CommandLine
{
    private readonly Option<string> bootstrap = new("--bootstrap-server") { Description = "Kafka's addresses, HOST:PORT[,HOST:PORT].", Required = true };
    private readonly Option<string> webHdfs = new("--webhdfs") { Description = "WebHDFS address of the NameNode, or of both of an HA pair: URL[,URL].", Required = true };
    private readonly Option<string> user = new("--user") { Description = "The HDFS user.", DefaultValueFactory = _ => Environment.UserName };
    private readonly Option<string> warehouse = new("--warehouse") { Description = "The folder in HDFS that holds a folder a topic.", DefaultValueFactory = _ => "/warehouse" };
    private readonly Option<string> topics = new("--topics") { Description = "The topics to write, separated by commas.", DefaultValueFactory = _ => string.Join(',', Tables.Known) };
    private readonly Option<string> group = new("--group") { Description = "The consumer group; sinks of one group share the partitions.", DefaultValueFactory = _ => "hdfs-sink" };
    private readonly Option<int?> partitions = new("--partitions") { Description = "Partitions of player-events where topics must be created; by default what the cluster has." };
    private readonly Option<int> rotateRows = new("--rotate-rows") { Description = "A commit holds at most this many records.", DefaultValueFactory = _ => 128 * 1024 };
    private readonly Option<long> rotateBytes = new("--rotate-bytes") { Description = "A commit holds at most about this many bytes.", DefaultValueFactory = _ => 64L * 1024 * 1024 };
    private readonly Option<double> rotateSeconds = new("--rotate-seconds") { Description = "A record waits at most this long for its commit to begin.", DefaultValueFactory = _ => 10 };
    private readonly Option<long> memory = new("--memory-bytes") { Description = "Bytes of records held before reading pauses.", DefaultValueFactory = _ => 256L * 1024 * 1024 };
    private readonly Option<int> uploads = new("--parallel-uploads") { Description = "Files uploaded at once.", DefaultValueFactory = _ => 8 };
    private readonly Option<string> urls = new("--urls") { Description = "Where /healthz, /readyz and /metrics are served; port 0 takes a free one.", DefaultValueFactory = _ => "http://127.0.0.1:0" };

    public CommandLine(Func<SinkSettings, string, CancellationToken, Task<int>> run)
    {
        AtLeast(rotateRows, 1);
        AtLeast(rotateBytes, 1L);
        AtLeast(rotateSeconds, 0.01);
        AtLeast(memory, 1024L * 1024);
        AtLeast(uploads, 1);
        partitions.Validators.Add(result => Check(result, result.GetValueOrDefault<int?>() is null or (>= 1 and <= 10_000), "must be 1 to 10,000"));
        webHdfs.Validators.Add(result => Try(result, () => WebHdfsOptions.ParseNameNodes(result.GetValueOrDefault<string>())));
        topics.Validators.Add(result => Try(result, () => Split(result.GetValueOrDefault<string>()).Select(Tables.Of).ToList()));
        warehouse.Validators.Add(result => Check(result, IsFolder(result.GetValueOrDefault<string>()), "must be an absolute HDFS path such as /warehouse"));
        Command = new RootCommand("Writes topics into HDFS as Parquet files, each record once, whatever dies in between.")
        {
            bootstrap, webHdfs, user, warehouse, topics, group, partitions, rotateRows, rotateBytes, rotateSeconds, memory, uploads, urls,
        };
        Command.SetAction((parsed, cancellationToken) => run(Settings(parsed), parsed.GetRequiredValue(urls), cancellationToken));
    }

    public RootCommand Command { get; }

    private SinkSettings Settings(ParseResult parsed) => new()
    {
        BootstrapServers = parsed.GetRequiredValue(bootstrap),
        WebHdfs = WebHdfsOptions.ParseNameNodes(parsed.GetRequiredValue(webHdfs)),
        User = parsed.GetRequiredValue(user),
        Warehouse = parsed.GetRequiredValue(warehouse).TrimEnd('/'),
        Topics = Split(parsed.GetRequiredValue(topics)),
        Group = parsed.GetRequiredValue(group),
        Partitions = parsed.GetValue(partitions),
        RotateRows = parsed.GetRequiredValue(rotateRows),
        RotateBytes = parsed.GetRequiredValue(rotateBytes),
        RotateAfter = TimeSpan.FromSeconds(parsed.GetRequiredValue(rotateSeconds)),
        MemoryBytes = parsed.GetRequiredValue(memory),
        ParallelUploads = parsed.GetRequiredValue(uploads),
    };

    private static string[] Split(string? list) => [.. (list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct(StringComparer.Ordinal)];

    private static bool IsFolder(string? path) => path is not null && path.StartsWith('/') && path.Length > 1 && !path.Contains("//", StringComparison.Ordinal) && !path.Split('/').Any(part => part is "." or "..");

    private static void AtLeast<T>(Option<T> option, T least)
        where T : IComparable<T> =>
        option.Validators.Add(result => Check(result, result.GetValueOrDefault<T>()!.CompareTo(least) >= 0, $"must be at least {least}"));

    private static void Try(OptionResult result, Action parse)
    {
        try
        {
            parse();
        }
        catch (FormatException e)
        {
            result.AddError(e.Message);
        }
    }

    private static void Check(OptionResult result, bool holds, string rule)
    {
        if (!holds)
            result.AddError($"{result.Option.Name} {rule}.");
    }
}
