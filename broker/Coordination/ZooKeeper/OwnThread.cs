namespace Broker.Coordination.ZooKeeper;

/// <summary>
/// Threads for the few calls of the C client that block: opening looks up names, closing joins the client's threads. A simulation has no C client, so this is
/// outside its scheduler.
/// </summary>
internal static class OwnThread
{
    /// <summary>Runs work on a thread of its own; the task has its result or its exception.</summary>
    internal static Task<T> Run<T>(string name, Func<T> work)
    {
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread thread = new(() => Complete(work, done)) { IsBackground = true, Name = name };
        thread.Start();
        return done.Task;
    }

    internal static Task Run(string name, Action work) => Run(name, () =>
    {
        work();
        return true;
    });

    private static void Complete<T>(Func<T> work, TaskCompletionSource<T> done)
    {
        try
        {
            done.SetResult(work());
        }
#pragma warning disable CA1031 // The top of a thread: the caller gets the failure.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            done.SetException(failure);
        }
    }
}
