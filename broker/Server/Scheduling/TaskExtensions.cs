namespace Broker.Server.Scheduling;

/// <summary>Tasks that are awaited together, or with a time-out.</summary>
internal static class TaskExtensions
{
    /// <summary>
    /// The same outcome, on the caller's context. WhenAll and WaitAsync continue on the pool where a task's own continuations run asynchronously; with this one
    /// they continue where the caller runs.
    /// </summary>
    public static async Task<T> Here<T>(this Task<T> task) => await task;

    /// <inheritdoc cref="Here{T}"/>
    public static async Task Here(this Task task) => await task;
}
