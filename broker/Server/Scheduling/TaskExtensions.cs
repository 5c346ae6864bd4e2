namespace Broker.Server.Scheduling;

/// <summary>Tasks that are awaited together, with a time-out or whatever their outcome is: on the caller's context.</summary>
/// <remarks>
/// WhenAll and WaitAsync continue on the pool where a task's own continuations run asynchronously, and a simulation does not see the pool. Elsewhere the build
/// bans them (broker/BannedSymbols.txt).
/// </remarks>
internal static class TaskExtensions
{
    /// <summary>The result of all tasks, in their order.</summary>
    public static Task<T[]> AllHere<T>(this IEnumerable<Task<T>> tasks) => Task.WhenAll(tasks.Select(Here));

    /// <summary>Completes when all tasks have.</summary>
    public static Task AllHere(this IEnumerable<Task> tasks) => Task.WhenAll(tasks.Select(Here));

    /// <summary>The task's result.</summary>
    /// <exception cref="TimeoutException">The time is over first.</exception>
    public static Task<T> WithinHere<T>(this Task<T> task, TimeSpan timeout, TimeProvider time, CancellationToken cancellation = default) =>
        Here(task).WaitAsync(timeout, time, cancellation);

    /// <summary>Completes when the task has.</summary>
    /// <exception cref="TimeoutException">The time is over first.</exception>
    public static Task WithinHere(this Task task, TimeSpan timeout, TimeProvider time) => Here(task).WaitAsync(timeout, time);

    /// <summary>Completes when the task has ended, also where it has failed.</summary>
    public static async Task EndedHere(this Task task) =>
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    /// <summary>The result of a task that has completed: nothing blocks.</summary>
#pragma warning disable VSTHRD002 // It has completed.
    public static T Completed<T>(this in ValueTask<T> task) =>
        task.IsCompleted ? task.Result : throw new InvalidOperationException("The task has not completed.");
#pragma warning restore VSTHRD002

    private static async Task<T> Here<T>(Task<T> task) => await task;

    private static async Task Here(Task task) => await task;
}
