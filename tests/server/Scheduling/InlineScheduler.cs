using Broker.Server.Scheduling;

namespace Broker.Server.Tests.Scheduling;

/// <summary>Runs work on the thread that queues it, before the call returns.</summary>
internal sealed class InlineScheduler : IScheduler
{
    public int Processors => Environment.ProcessorCount;

    public void Post(IThreadPoolWorkItem work) => work.Execute();

    public Task Run(Func<Task> work) => work();

    public IBlockingWork CreateThreads(int maxThreads) => new BlockingThreads(maxThreads);
}
