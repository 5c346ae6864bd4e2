namespace Game.HdfsSink.Consuming;

/// <summary>Waits for tasks on the consumer's own thread, which the Kafka client's synchronous callbacks ask for. Nowhere else.</summary>
internal static class Blocking
{
#pragma warning disable VSTHRD002 // The thread is the sink's own and has no synchronization context: nothing can wait for it in turn.
    public static T Await<T>(Task<T> task) => task.GetAwaiter().GetResult();

    public static void Await(Task task) => task.GetAwaiter().GetResult();

    /// <summary>Waits for the end of a task that does not fail, but no longer than said.</summary>
    public static bool TryAwait(Task task, TimeSpan limit) => task.Wait(limit);
#pragma warning restore VSTHRD002
}
