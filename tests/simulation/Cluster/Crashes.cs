namespace Broker.Simulation.Tests.Cluster;

/// <summary>How the brokers of a history die, which decides what is promised.</summary>
internal enum Crashes
{
    /// <summary>Their processes die, one at a time.</summary>
    OfProcesses,

    /// <summary>Their machines lose power, also all at once; the topic has <c>flush.messages=1</c>.</summary>
    OfPower,
}
