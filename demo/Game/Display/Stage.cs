namespace Game.Cli.Display;

/// <summary>The progress of a part of the work whose size is known, and the time it still takes. One thread advances it; any thread reads it.</summary>
internal sealed class Stage(string name, TimeProvider time)
{
    private sealed record State(long Started, double Done, double Total, bool IsOver);

    /// <summary>With a smaller share done, the time left would be a guess.</summary>
    private const double MinShareToPredict = 0.01;

    private State? _state;

    public string Name { get; } = name;

    public bool HasBegun => Volatile.Read(ref _state) is not null;

    public bool IsRunning => Volatile.Read(ref _state) is { IsOver: false };

    /// <summary>0 to 1.</summary>
    public double Share => Volatile.Read(ref _state) switch
    {
        null => 0,
        { IsOver: true } or { Total: <= 0 } => 1,
        State { Done: double done, Total: double total } => Math.Clamp(done / total, 0, 1),
    };

    /// <summary>The time left at the speed so far; null where the stage does not run or has hardly begun.</summary>
    public TimeSpan? Left => Volatile.Read(ref _state) is { IsOver: false } state && Share is >= MinShareToPredict and double share
        ? time.GetElapsedTime(state.Started) * ((1 - share) / share)
        : null;

    /// <summary>The text beside the bar.</summary>
    public string Remark => Volatile.Read(ref _state) switch
    {
        null => "",
        { IsOver: true } => "done",
        _ => Left is { } left ? LeftText(left) : "",
    };

    /// <param name="total">Its size, in any unit.</param>
    public void Begin(double total) => Volatile.Write(ref _state, new State(time.GetTimestamp(), 0, total, IsOver: false));

    /// <param name="done">How much is done, in the same unit.</param>
    public void Advance(double done)
    {
        if (_state is { } state)
        {
            Volatile.Write(ref _state, state with { Done = done });
        }
    }

    public void End()
    {
        if (_state is { } state)
        {
            Volatile.Write(ref _state, state with { IsOver = true });
        }
    }

    /// <summary>E.g. "12 s left", "3 min 20 s left".</summary>
    public static string LeftText(TimeSpan left)
    {
        long seconds = (long)Math.Ceiling(left.TotalSeconds);
        return seconds < 120 ? $"{seconds} s left"
            : seconds < 7200 ? $"{seconds / 60} min {seconds % 60} s left" : $"{seconds / 3600} h {seconds / 60 % 60} min left";
    }
}
