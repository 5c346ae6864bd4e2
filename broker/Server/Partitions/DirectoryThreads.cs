namespace Broker.Server.Partitions;

/// <summary>
/// Threads for work that waits for a disk, separate for each log directory, so that a stalled directory delays no work of the others. Any thread may call.
/// </summary>
/// <param name="perDirectory">Threads of one directory.</param>
internal sealed class DirectoryThreads(int perDirectory) : IDisposable
{
    /// <summary>The key of the threads for work that touches several directories, or none.</summary>
    private const string Several = "";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, ColdWork> _byDirectory = new(StringComparer.Ordinal);
    private bool _disposed;

    /// <summary>The threads of the directory with this path.</summary>
    public ColdWork Of(string directory)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_byDirectory.TryGetValue(directory, out ColdWork? threads))
            {
                _byDirectory[directory] = threads = new ColdWork(perDirectory);
            }

            return threads;
        }
    }

    /// <summary>The threads for work on all these partitions: those of their directory, or, where they lie in several, threads of their own.</summary>
    public ColdWork Of(IEnumerable<Partition?> partitions)
    {
        string? only = null;
        foreach (Partition? partition in partitions)
        {
            if (partition?.Log is not { } log)
            {
                continue;
            }

            if (only is not null && only != log.Directory)
            {
                return Of(Several);
            }

            only = log.Directory;
        }

        return Of(only ?? Several);
    }

    /// <summary>Lets no further work begin; work that runs finishes.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            foreach (ColdWork threads in _byDirectory.Values)
            {
                threads.Dispose();
            }
        }
    }
}
