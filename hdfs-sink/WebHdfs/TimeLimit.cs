namespace Game.WebHdfs;

/// <summary>A caller's cancellation joined with a limit in time, which tells afterwards which of the two it was.</summary>
internal sealed class TimeLimit : IDisposable
{
    private readonly CancellationTokenSource clock;
    private readonly CancellationTokenSource both;
    private readonly CancellationToken caller;

    public TimeLimit(TimeSpan length, TimeProvider time, CancellationToken caller)
    {
        Length = length;
        this.caller = caller;
        clock = new CancellationTokenSource(length, time);
        both = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, caller);
    }

    public TimeSpan Length { get; }

    public CancellationToken Token => both.Token;

    /// <summary>The time ran out, and the caller did not cancel.</summary>
    public bool IsOver => clock.IsCancellationRequested && !caller.IsCancellationRequested;

    public void Dispose()
    {
        both.Dispose();
        clock.Dispose();
    }
}
