namespace Game.HdfsSink.Consuming;

/// <summary>Blocks the consumer's thread until a task ends, as the Kafka client's synchronous callbacks need it. Not for any other thread.</summary>
internal static class Blocking
{
#pragma warning disable VSTHRD002 // The thread is the sink's own, without synchronization context: no task that it waits for can wait for it.
    public static T Await<T>(Task<T> task) => task.GetAwaiter().GetResult();

    public static void Await(Task task) => task.GetAwaiter().GetResult();

    /// <summary>Waits for a task that never fails, at most for <paramref name="limit"/>; false where the task has not ended by then.</summary>
    public static bool TryAwait(Task task, TimeSpan limit) => task.Wait(limit);
#pragma warning restore VSTHRD002
}
