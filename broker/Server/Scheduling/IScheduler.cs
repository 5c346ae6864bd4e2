namespace Broker.Server.Scheduling;

/// <summary>
/// Starts all work that does not run on its caller's thread. In the server it runs on the pool and on threads for disks; in a simulation on one thread, which
/// chooses the next item by its seed. Any thread may call.
/// </summary>
internal interface IScheduler
{
    /// <summary>How much runs at once.</summary>
    int Processors { get; }

    /// <summary>Queues work; it must not block.</summary>
    void Post(IThreadPoolWorkItem work);

    /// <summary>Runs an asynchronous method, from its first line on, away from the caller. The task completes as the method's own task does.</summary>
    Task Run(Func<Task> work);

    /// <summary>Makes threads for work that blocks on a disk.</summary>
    /// <param name="maxThreads">How many pieces of work run at once; the others wait in their order.</param>
    IBlockingWork CreateThreads(int maxThreads);
}

/// <summary>Runs work that may block on a disk. Any thread may call. Disposing lets no further work be queued; queued work still runs.</summary>
internal interface IBlockingWork : IDisposable
{
    /// <summary>Queues work. The task has the work's result or its exception.</summary>
    /// <exception cref="ObjectDisposedException">The threads were disposed of.</exception>
    Task<T> Run<T>(Func<T> work);
}
