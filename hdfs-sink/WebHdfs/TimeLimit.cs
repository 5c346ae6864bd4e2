namespace Game.WebHdfs;

/// <summary>Joins the caller's cancellation with a time limit, and knows afterwards which of the two ended the work.</summary>
internal sealed class TimeLimit : IDisposable
{
    private readonly CancellationTokenSource _clock;
    private readonly CancellationTokenSource _both;
    private readonly CancellationToken _caller;

    public TimeLimit(TimeSpan length, TimeProvider time, CancellationToken caller)
    {
        Length = length;
        _caller = caller;
        _clock = new CancellationTokenSource(length, time);
        _both = CancellationTokenSource.CreateLinkedTokenSource(_clock.Token, caller);
    }

    public TimeSpan Length { get; }

    public CancellationToken Token => _both.Token;

    /// <summary>The time ran out, and the caller did not cancel.</summary>
    public bool IsOver => _clock.IsCancellationRequested && !_caller.IsCancellationRequested;

    public void Dispose()
    {
        _both.Dispose();
        _clock.Dispose();
    }
}
