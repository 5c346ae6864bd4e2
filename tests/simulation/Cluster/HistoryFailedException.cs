namespace Broker.Simulation.Tests.Cluster;

/// <summary>An invariant was broken in a history, or the cluster did not recover.</summary>
internal sealed class HistoryFailedException : Exception
{
    public HistoryFailedException()
    {
    }

    public HistoryFailedException(string message)
        : base(message)
    {
    }

    public HistoryFailedException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
