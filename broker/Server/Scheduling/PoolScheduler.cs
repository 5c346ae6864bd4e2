namespace Broker.Server.Scheduling;

/// <summary>Runs work on the runtime's thread pool, and what blocks on threads of its own.</summary>
internal sealed class PoolScheduler : IScheduler
{
    /// <summary>It has no state, so all brokers of a process share it.</summary>
    public static readonly PoolScheduler Instance = new();

    private PoolScheduler()
    {
    }

    public int Processors => Environment.ProcessorCount;

    public void Post(IThreadPoolWorkItem work) => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);

    public Task Run(Func<Task> work) => Task.Run(work);

    public IBlockingWork CreateThreads(int maxThreads) => new BlockingThreads(maxThreads);
}
