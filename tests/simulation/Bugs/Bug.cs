using Broker.Coordination;

namespace Broker.Simulation.Tests.Bugs;

/// <summary>
/// A deliberate bug, put in at the seams of the brokers: what they send, what they get for it and what they write to ZooKeeper is as it would be if their
/// code had the bug. One object serves all brokers of one history. Where nothing is set there is no bug.
/// </summary>
internal sealed record Bug
{
    public static readonly Bug None = new();

    /// <summary>Changes a request just before it is sent.</summary>
    public Action<object> Sending { get; init; } = _ => { };

    /// <summary>The response that the sender gets without its request being sent; null where it is sent.</summary>
    public Func<object, object?> InPlace { get; init; } = _ => null;

    /// <summary>Changes a response that has arrived.</summary>
    public Action<object> Answered { get; init; } = _ => { };

    /// <summary>Operations in place of those of a multi.</summary>
    public Func<Op, Op> Written { get; init; } = operation => operation;
}
