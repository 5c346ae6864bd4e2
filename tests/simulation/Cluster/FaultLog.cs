using Broker.Coordination;
using Broker.Server.Config;
using Broker.Server.InterBroker;
using Broker.Server.Metadata.Znodes;
using Microsoft.Extensions.Logging;

namespace Broker.Simulation.Tests.Cluster;

/// <summary>
/// A broker's log: an exception in it is noted as a failure, unless the history's own faults explain it (disks, lost connections, ends of processes, a
/// session of a former life that a power cut made unknown and that has not ended yet, which is a <see cref="ConfigException"/>). Loops catch what would end
/// them and log it, which no client need notice.
/// </summary>
internal sealed class FaultLog(Action<Exception> note) : ILoggerFactory, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("It is the only one.");

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (exception is not (null or IOException or BrokerUnreachableException or CoordinationLostException or OperationCanceledException
            or ObjectDisposedException or ConfigException))
        {
            note(new InvalidOperationException(formatter(state, exception), exception));
        }
    }

    public void Dispose()
    {
    }
}
