namespace Broker.Server.Partitions;

/// <summary>
/// The threads that run fsyncs for acknowledgements, separate for each log directory, so that a stalled directory delays no other. Any thread may call.
/// </summary>
internal sealed class FlushThreads : IDisposable
{
    /// <summary>
    /// Partitions of one directory that are flushed at once: enough to share the file system's commits; the other partitions wait in a queue.
    /// </summary>
    private const int PerDirectory = 8;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, ColdWork> _byDirectory = new(StringComparer.Ordinal);

    public ColdWork Of(string directory)
    {
        lock (_lock)
        {
            if (!_byDirectory.TryGetValue(directory, out ColdWork? threads))
            {
                _byDirectory[directory] = threads = new ColdWork(PerDirectory);
            }

            return threads;
        }
    }

    /// <summary>Lets no further flush begin; flushes that run finish.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (ColdWork threads in _byDirectory.Values)
            {
                threads.Dispose();
            }
        }
    }
}
