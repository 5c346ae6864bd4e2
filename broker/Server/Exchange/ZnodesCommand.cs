using Broker.Coordination;
using Broker.Coordination.Embedded;
using Broker.Coordination.ZooKeeper;
using Broker.Server.Config;
using Broker.Server.Hosting;
using Broker.Server.Metadata.Znodes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Broker.Server.Exchange;

/// <summary><c>broker znodes export FILE [--from PLACE]</c> and <c>broker znodes import FILE [--to PLACE]</c>.</summary>
internal static class ZnodesCommand
{
    private const string Usage =
        """
        usage: ./game znodes export FILE [--from PLACE]
               ./game znodes import FILE [--to PLACE]

        Copies a cluster's tree of znodes (topics, settings, ids) into a new file,
        or from such a file into an empty place, while no broker runs.
        PLACE is a broker's data folder (by default broker-data), or a ZooKeeper:
        HOST:PORT,HOST:PORT/path, as in zookeeper.connect.

        A single broker becomes the first of a cluster: stop it, export its data
        folder, import the file into ZooKeeper, set zookeeper.connect, start it.
        """;

    private const string DefaultFolder = "broker-data";

    private static readonly TimeSpan SessionTimeout = TimeSpan.FromSeconds(18);
    private static readonly TimeSpan ConnectionTimeout = TimeSpan.FromSeconds(10);

    /// <returns>The exit code: 0, 1 where it cannot be done, 2 for a wrong command line.</returns>
    internal static async Task<int> Run(string[] arguments, TextWriter output, TextWriter errors)
    {
        if (arguments is [] or ["--help" or "-h"] or [_, "--help" or "-h"])
        {
            await output.WriteLineAsync(Usage);
            return 0;
        }
        if (Parse(arguments) is not { } request)
        {
            await errors.WriteLineAsync("znodes: it is 'export FILE [--from PLACE]' or 'import FILE [--to PLACE]'; see ./game znodes --help.");
            return 2;
        }
        try
        {
            await output.WriteLineAsync(await On(request, tree => Exchange(request, tree)));
            return 0;
        }
        catch (Exception e) when (e is ConfigException or IOException or UnauthorizedAccessException or FormatException or CoordinationLostException)
        {
            await errors.WriteLineAsync($"znodes: {e.Message.TrimEnd('.')}.");
            return 1;
        }
    }

    /// <summary>Null for a wrong command line.</summary>
    private static Request? Parse(string[] arguments)
    {
        bool isExport = arguments[0] == "export";
        string[] rest = arguments[1..];
        int option = Array.IndexOf(rest, isExport ? "--from" : "--to");
        string place = option < 0 ? DefaultFolder : option + 1 < rest.Length ? rest[option + 1] : "";
        string[] files = option < 0 ? rest : [.. rest[..option], .. rest.Skip(option + 2)];
        return (isExport || arguments[0] == "import") && place.Length > 0 && files is [var file] && !file.StartsWith('-')
            ? new Request(isExport, file, place) : null;
    }

    private static async Task<string> Exchange(Request request, TreeCopy tree)
    {
        (bool isExport, string file, string place) = request;
        if (await tree.RunningBrokers() is { Count: > 0 } running)
        {
            throw new ConfigException($"brokers are registered at {place} ({string.Join(", ", running)}): stop them, and wait until their sessions have ended.");
        }
        if (isExport)
        {
            List<TreeEntry> read = await tree.Read();
            TreeFile.Write(file, read);
            return $"{read.Count} znodes of {place} are in {file}.";
        }
        List<TreeEntry> entries = ReadFile(file);
        if (!await tree.IsEmpty())
        {
            throw new ConfigException($"{place} already holds znodes: import into an empty place only.");
        }
        await tree.Fill(entries);
        return $"{entries.Count} znodes of {file} are in {place}.";
    }

    private static List<TreeEntry> ReadFile(string file)
    {
        try
        {
            return TreeFile.Read(file);
        }
        catch (FormatException e)
        {
            throw new ConfigException($"{file} is not an exported tree: {e.Message}.", e);
        }
    }

    /// <summary>Runs work on the tree of a place.</summary>
    private static async Task<string> On(Request request, Func<TreeCopy, Task<string>> work)
    {
        string place = request.Place;
        if (!Directory.Exists(place) && place.Contains(':', StringComparison.Ordinal))
        {
            ZooKeeperOptions options = new(ZooKeeperAddress.Parse(place), SessionTimeout, ConnectionTimeout, MaxInFlight: 100);
            return await On(new ZooKeeperCoordination(options, TimeProvider.System, NullLogger.Instance), work);
        }
        string journal = Path.Combine(place, Storages.JournalName);
        if (request.IsExport && !File.Exists(journal))
        {
            throw new ConfigException($"{place} holds no {Storages.JournalName}: it is not the data folder of a single broker, nor HOST:PORT of a ZooKeeper.");
        }
        await using EmbeddedCoordination tree = Open(journal);
        return await On(tree, work);
    }

    private static async Task<string> On(ICoordinationService service, Func<TreeCopy, Task<string>> work)
    {
        await using ICoordinationSession session = await service.OpenSession();
        return await work(new TreeCopy(session));
    }

    private static EmbeddedCoordination Open(string journal)
    {
        try
        {
            return EmbeddedCoordination.Open(journal, TimeProvider.System);
        }
        catch (Exception e) when (e is IOException or JournalCorruptException)
        {
            throw new ConfigException($"{journal} cannot be used, perhaps because its broker still runs: {e.Message}", e);
        }
    }

    private readonly record struct Request(bool IsExport, string File, string Place);
}
