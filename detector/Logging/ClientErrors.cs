using Confluent.Kafka;

namespace Game.Detector.Logging;

/// <summary>
/// Logs a Kafka client's errors, one per <see cref="Interval"/> as a warning and the others at debug level: while a broker is unreachable the client reports
/// every attempt to connect, twenty a second. A fatal error is always a warning. May be called from any thread.
/// </summary>
internal sealed class ClientErrors(string client, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private long _reported;

    public void Report(Error error)
    {
        long last = Volatile.Read(ref _reported);
        bool due = last == 0 || error.IsFatal || time.GetElapsedTime(last) >= Interval;
        if (due && Interlocked.CompareExchange(ref _reported, time.GetTimestamp(), last) == last)
        {
            DetectorLog.ClientError(log, client, error.Reason);
        }
        else
        {
            DetectorLog.Client(log, client, error.Reason);
        }
    }
}
