namespace Broker.Simulation.Tests.Cluster;

/// <summary>Answers of the tree in memory, which takes no time.</summary>
internal static class AtOnce
{
    public static T Of<T>(ValueTask<T> done) => done.IsCompleted ? done.Result : throw new InvalidOperationException("the tree in memory answers at once");

    public static void Of(ValueTask done)
    {
        if (!done.IsCompleted)
        {
            throw new InvalidOperationException("the tree in memory answers at once");
        }
    }
}
