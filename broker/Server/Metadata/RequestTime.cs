using Broker.Coordination;
using Broker.Protocol;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Scheduling;

namespace Broker.Server.Metadata;

/// <summary>The time that one admin request has. While coordination is cut off the request waits and repeats its step, as Kafka's requests wait for its
/// ZooKeeper client.</summary>
/// <param name="session">The broker's session, which others open again.</param>
/// <param name="time">The clock.</param>
/// <param name="timeout">How long the request may wait; none or less allows one try.</param>
internal sealed class RequestTime(ClusterSession session, TimeProvider time, TimeSpan timeout)
{
    /// <summary>For requests that name no time-out: the answer comes before clients give up, by default after 30 seconds (request.timeout.ms).</summary>
    internal static readonly TimeSpan Unnamed = TimeSpan.FromSeconds(20);

    /// <summary>Longest pause between tries. A paused controller says nothing when it continues, and the journal of a full disk is written by a try.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly long _start = time.GetTimestamp();

    /// <summary>What is left of the time; not positive when it is over.</summary>
    internal TimeSpan Left => timeout - time.GetElapsedTime(_start);

    /// <summary>Does a step, and again where it was cut off: what it wrote may be done or not, so it looks again at what is there.</summary>
    /// <param name="step">Fails with a <see cref="CoordinationLostException"/>.</param>
    /// <param name="failed">The result for REQUEST_TIMED_OUT, or for UNKNOWN_SERVER_ERROR where coordination refuses the step itself.</param>
    internal async Task<T> Persist<T>(Func<Task<T>> step, Func<ErrorCode, string, T> failed)
    {
        while (true)
        {
            Task changed = session.Changed;
            try
            {
                return await step();
            }
            catch (CoordinationLostException lost) when (!lost.IsCutOff)
            {
                return failed(ErrorCode.UnknownServerError, lost.Message);
            }
            catch (CoordinationLostException lost)
            {
                if (Left <= TimeSpan.Zero || session.Current.State == SessionState.Closed)
                {
                    return failed(ErrorCode.RequestTimedOut, lost.Message);
                }
            }
            await PauseUntil(changed);
        }
    }

    private async Task PauseUntil(Task changed)
    {
        try
        {
            TimeSpan left = Left;
            await changed.WithinHere(left > Pause ? Pause : left > TimeSpan.Zero ? left : TimeSpan.Zero, time);
        }
        catch (TimeoutException)
        {
            // The next try shows whether coordination answers.
        }
    }
}
