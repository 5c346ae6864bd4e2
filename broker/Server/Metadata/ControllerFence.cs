namespace Broker.Server.Metadata;

/// <summary>
/// The highest controller epoch of which this broker has heard, by whichever kind of request: what a former controller, or a former term of the same one, has
/// sent is refused. Any thread may call.
/// </summary>
internal sealed class ControllerFence
{
    private int _highest;

    /// <summary>Notes the epoch of a request; false where the request is of a former controller.</summary>
    internal bool Passes(int epoch)
    {
        int highest = Volatile.Read(ref _highest);
        while (epoch > highest)
        {
            int before = Interlocked.CompareExchange(ref _highest, epoch, highest);
            if (before == highest)
            {
                return true;
            }

            highest = before;
        }

        return epoch == highest;
    }
}
