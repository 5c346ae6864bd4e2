using Broker.Server.Scheduling;

namespace Broker.Server.Partitions;

/// <summary>
/// Threads for work that waits for a disk, separate for each log directory, so that a stalled directory delays no work of the others. Any thread may call.
/// </summary>
/// <param name="scheduler">Makes the threads.</param>
/// <param name="perDirectory">Threads of one directory.</param>
internal sealed class DirectoryThreads(IScheduler scheduler, int perDirectory) : IDisposable
{
    /// <summary>As many threads as keep one disk busy.</summary>
    public const int PerDisk = 4;

    /// <summary>The key of the threads for work that touches several directories, or none.</summary>
    private const string Several = "";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, IBlockingWork> _byDirectory = new(StringComparer.Ordinal);
    private bool _disposed;

    /// <summary>The threads of the directory with this path.</summary>
    public IBlockingWork Of(string directory)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_byDirectory.TryGetValue(directory, out IBlockingWork? threads))
            {
                _byDirectory[directory] = threads = scheduler.CreateThreads(perDirectory);
            }

            return threads;
        }
    }

    /// <summary>The threads for work on all these partitions: those of their directory, or, where they lie in several, threads of their own.</summary>
    public IBlockingWork Of(IEnumerable<Partition?> partitions)
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
            foreach (IBlockingWork threads in _byDirectory.Values)
            {
                threads.Dispose();
            }
        }
    }
}
