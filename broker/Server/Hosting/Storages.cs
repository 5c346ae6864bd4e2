using Broker.Coordination;
using Broker.Coordination.Embedded;
using Broker.Coordination.ZooKeeper;
using Broker.Server.Config;
using Broker.Server.Metadata;
using Broker.Storage.Checkpoints;
using Broker.Storage.Directories;
using Broker.Storage.Files;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Hosting;

/// <summary>A broker's durable state: its log directories, and the cluster's tree: on ZooKeeper, or journaled in the first directory.</summary>
internal sealed class Storages : IAsyncDisposable
{
    /// <summary>The file is among the log folders, where Apache Kafka ignores files that it does not know.</summary>
    public const string JournalName = "coordination.journal";

    private const string SessionName = "coordination.session";

    private bool _closed;

    private Storages(LogDirectories directories, ICoordinationService tree, FormerLife? former)
    {
        Directories = directories;
        Coordination = tree;
        FormerLife = former;
    }

    public LogDirectories Directories { get; }

    public ICoordinationService Coordination { get; }

    /// <summary>The killed life of this broker whose session may have to be ended; null where all is in memory.</summary>
    public FormerLife? FormerLife { get; }

    /// <summary>Locks the directories and opens the tree; ZooKeeper is connected with the first session.</summary>
    /// <param name="config">Names the directories.</param>
    /// <param name="inMemory">Whether all state is lost when the process ends.</param>
    /// <param name="onDirectoryFailed">Called when a directory's disk has failed; must not block.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Gives jitter and names; thread-safe.</param>
    /// <param name="logging">Creates the loggers.</param>
    /// <exception cref="ConfigException">A folder cannot be used; the sentence says which and why.</exception>
    public static Storages Open(BrokerConfig config, bool inMemory, Action<LogDirectory> onDirectoryFailed, TimeProvider time, Random random,
        ILoggerFactory logging)
    {
        StorageOptions options = OptionsOf(config, onDirectoryFailed, random);
        LogDirectories directories = OpenDirectories(options, inMemory ? new InMemoryFileSystem(time: time) : new RealFileSystem(), time, logging);
        try
        {
            ICoordinationService tree = config.UsesZooKeeper ? ZooKeeper(config, time, logging)
                : inMemory ? EmbeddedCoordination.InMemory(time)
                : OpenTree(Path.Combine(options.Directories[0], JournalName), time, logging);
            return new Storages(directories, tree, inMemory ? null : new FormerLife(Path.Combine(options.Directories[0], SessionName),
                TimeSpan.FromMilliseconds(config.ZooKeeperSessionTimeoutMs), time, new MetadataLog(logging.CreateLogger("Broker.Metadata"))));
        }
        catch (ConfigException)
        {
            directories.Abandon();
            throw;
        }
        catch (Exception e) when (e is IOException or JournalCorruptException)
        {
            directories.Abandon();
            throw new ConfigException($"log.dirs: the cluster's state in {Path.Combine(options.Directories[0], JournalName)} cannot be used: {e.Message}", e);
        }
    }

    /// <summary>Log directories on a disk, and a tree, that the caller has made.</summary>
    /// <exception cref="ConfigException">A folder cannot be used; the sentence says which and why.</exception>
    public static Storages Over(
        BrokerConfig config, IFileSystem disk, ICoordinationService tree, Action<LogDirectory> onDirectoryFailed, TimeProvider time, Random random,
        ILoggerFactory logging)
        => new(OpenDirectories(OptionsOf(config, onDirectoryFailed, random), disk, time, logging), tree, former: null);

    /// <summary>The identity that is stored in the folders; null where none is.</summary>
    public MetaProperties? FormerIdentity() => Checked(Directories.ReadIdentity);

    /// <summary>Compares the folders' identity with the current one, and writes it where it is missing.</summary>
    public void EnsureIdentity(int brokerId, string clusterId) =>
        Checked<MetaProperties?>(() => Directories.EnsureIdentity(clusterId, brokerId, () => new MetaProperties(brokerId, clusterId)));

    /// <summary>Closes the logs, and marks the shutdown as clean where everything was flushed.</summary>
    public void CloseLogs(long brokerEpoch)
    {
        if (_closed)
        {
            return;
        }
        _closed = true;
        Directories.Close(brokerEpoch);
    }

    /// <summary>Closes the tree; logs that are still open are closed without a flush, as after a crash.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_closed)
        {
            Directories.Abandon();
        }
        if (Coordination is IAsyncDisposable tree)
        {
            await tree.DisposeAsync();
        }
    }

    private static StorageOptions OptionsOf(BrokerConfig config, Action<LogDirectory> onDirectoryFailed, Random random) => new()
    {
        Directories = [.. config.LogDirs.Select(Path.GetFullPath)],
        RecoveryThreads = config.RecoveryThreadsPerDataDir,
        OnDirectoryFailed = onDirectoryFailed,
        Random = random,
    };

    private static LogDirectories OpenDirectories(StorageOptions options, IFileSystem disk, TimeProvider time, ILoggerFactory logging)
    {
        try
        {
            return LogDirectories.Open(options, disk, time, logging);
        }
        catch (IOException e)
        {
            throw new ConfigException($"log.dirs: {string.Join(',', options.Directories)} cannot be used: {e.Message}", e);
        }
    }

    private static ZooKeeperCoordination ZooKeeper(BrokerConfig config, TimeProvider time, ILoggerFactory logging)
    {
        try
        {
            return new ZooKeeperCoordination(
                new ZooKeeperOptions(ZooKeeperAddress.Parse(config.ZooKeeperConnect!), TimeSpan.FromMilliseconds(config.ZooKeeperSessionTimeoutMs),
                    TimeSpan.FromMilliseconds(config.ZooKeeperConnectionTimeoutMs), config.ZooKeeperMaxInFlight),
                time, logging.CreateLogger("Broker.Coordination"));
        }
        catch (Exception e) when (e is FormatException or IOException)
        {
            throw new ConfigException($"zookeeper.connect is {config.ZooKeeperConnect}: {e.Message.TrimEnd('.')}.", e);
        }
    }

    private static EmbeddedCoordination OpenTree(string path, TimeProvider time, ILoggerFactory logging)
    {
        ILogger log = logging.CreateLogger("Broker.Coordination");
        return EmbeddedCoordination.Open(path, time, failure =>
        {
            if (failure is null)
            {
                HostLog.JournalRecovered(log, path);
            }
            else
            {
                HostLog.JournalFailed(log, failure, path);
            }
        });
    }

    private static T Checked<T>(Func<T> identity)
    {
        try
        {
            return identity();
        }
        catch (IOException e)
        {
            throw new ConfigException($"log.dirs: {e.Message}", e);
        }
    }
}
