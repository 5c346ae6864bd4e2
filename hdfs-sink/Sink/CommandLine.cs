using System.CommandLine;
using System.CommandLine.Parsing;
using Game.CommandOptions;
using Game.HdfsSink.Consuming;
using Game.HdfsSink.Rows;
using Game.WebHdfs;

namespace Game.HdfsSink;

/// <summary>The options of <c>hdfs-sink</c>, their ranges, and the settings made from them.</summary>
internal sealed class CommandLine
{
    private readonly Option<string> _bootstrap = BootstrapServers.Option();
    private readonly Option<string> _webHdfs = new("--webhdfs")
    {
        Description = "WebHDFS address of the NameNode, or of both of an HA pair: URL[,URL].", Required = true,
    };
    private readonly Option<string> _user = new("--user") { Description = "The HDFS user.", DefaultValueFactory = _ => Environment.UserName };
    private readonly Option<string> _warehouse = new("--warehouse")
    {
        Description = "The folder in HDFS that holds one folder for each topic.", DefaultValueFactory = _ => WarehouseFolder.Default,
    };
    private readonly Option<string> _topics = new("--topics")
    {
        Description = "The topics to write, separated by commas.", DefaultValueFactory = _ => string.Join(',', Tables.Known),
    };
    private readonly Option<string> _group = new("--group")
    {
        Description = "The consumer group; sinks of one group share the partitions.", DefaultValueFactory = _ => "hdfs-sink",
    };
    private readonly Option<int?> _partitions = NumberOption.Optional("--partitions",
        "Partitions of player-events for topics that the sink creates; by default as many as the cluster's topic has.", 1, 10_000);
    private readonly Option<int> _rotateRows = NumberOption.Of("--rotate-rows", "A commit holds at most this many records.", 128 * 1024, 1, 10_000_000);
    private readonly Option<long> _rotateBytes
        = NumberOption.Of("--rotate-bytes", "A commit holds at most about this many bytes.", 64L * 1024 * 1024, 1, 1L << 30);

    private readonly Option<double> _rotateSeconds
        = NumberOption.Of("--rotate-seconds", "A commit begins at the latest this long after its first record.", 10, 0.01, 604_800);

    private readonly Option<long> _memory
        = NumberOption.Of("--memory-bytes", "The sink stops reading while it holds this many bytes.", 256L * 1024 * 1024, 1L << 20, 1L << 40);

    private readonly Option<int> _uploads = NumberOption.Of("--parallel-uploads", "Files uploaded at once.", 8, 1, 1_000);
    private readonly Option<string> _urls = new("--urls")
    {
        Description = "Addresses that serve /healthz, /readyz and /metrics; port 0 picks a free port.", DefaultValueFactory = _ => "http://127.0.0.1:0",
    };

    public CommandLine(Func<SinkSettings, string, CancellationToken, Task<int>> run)
    {
        _bootstrap.Required = true;
        ListOption.RefuseEmpty(_topics, ',');
        ListOption.RefuseEmpty(_urls, ';');
        foreach (Option<string> text in (Option<string>[])[_user, _group])
        {
            text.Validators.Add(result => Check(result, !string.IsNullOrWhiteSpace(result.GetValueOrDefault<string>()), "must not be empty"));
        }
        _webHdfs.Validators.Add(result => Try(result, () => WebHdfsOptions.ParseNameNodes(result.GetValueOrDefault<string>())));
        _topics.Validators.Add(result => Try(result, () => Split(result.GetValueOrDefault<string>()).Select(Tables.Of).ToList()));
        _warehouse.Validators.Add(result => Try(result, () => WarehouseFolder.Parse(result.GetValueOrDefault<string>())));
        Command = new RootCommand("Writes topics into HDFS as Parquet files, each record once, even where a process or machine fails.")
        {
            _bootstrap, _webHdfs, _user, _warehouse, _topics, _group, _partitions, _rotateRows, _rotateBytes, _rotateSeconds, _memory, _uploads, _urls,
        };
        Command.SetAction((parsed, cancellationToken) => run(Settings(parsed), parsed.GetRequiredValue(_urls), cancellationToken));
    }

    public RootCommand Command { get; }

    private SinkSettings Settings(ParseResult parsed) => new()
    {
        BootstrapServers = parsed.GetRequiredValue(_bootstrap),
        WebHdfs = WebHdfsOptions.ParseNameNodes(parsed.GetRequiredValue(_webHdfs)),
        User = parsed.GetRequiredValue(_user),
        Warehouse = WarehouseFolder.Parse(parsed.GetRequiredValue(_warehouse)),
        Topics = Split(parsed.GetRequiredValue(_topics)),
        Group = parsed.GetRequiredValue(_group),
        Partitions = parsed.GetValue(_partitions),
        RotateRows = parsed.GetRequiredValue(_rotateRows),
        RotateBytes = parsed.GetRequiredValue(_rotateBytes),
        RotateAfter = TimeSpan.FromSeconds(parsed.GetRequiredValue(_rotateSeconds)),
        MemoryBytes = parsed.GetRequiredValue(_memory),
        ParallelUploads = parsed.GetRequiredValue(_uploads),
    };

    private static string[] Split(string? list)
        => [.. (list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct(StringComparer.Ordinal)];

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
        {
            result.AddError($"{result.Option.Name} {rule}.");
        }
    }
}
