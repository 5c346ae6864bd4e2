using Game.Cli.Display;
using Game.Simulator.Load;
using Spectre.Console.Rendering;

namespace Game.Cli.Simulate;

/// <summary>
/// Shows a running load: the rate that was asked for, the rate achieved, the answers and their latency. Create it when the load begins: progress and time
/// left count from then.
/// </summary>
/// <param name="load">The load's own figures.</param>
/// <param name="targets">The game servers, for the heading.</param>
/// <param name="rate">Actions a second that were asked for.</param>
/// <param name="seconds">Length of the load.</param>
/// <param name="time">The clock that the load runs by.</param>
internal sealed class LoadBoard(LoadStatistics load, IReadOnlyList<string> targets, double rate, double seconds, TimeProvider time) : IBoard
{
    private readonly Stage _stage = Begun(seconds, time);
    private readonly RateMeter _achieved = new(time);
    private readonly long _started = time.GetTimestamp();

    /// <summary>Always empty: a load has figures only.</summary>
    public IReadOnlyList<string> News => [];

    public IEnumerable<SegmentLine> Picture(int width, int height)
    {
        AdvanceStage();
        List<SegmentLine> lines =
        [
            BoardLayout.Line(BoardLayout.Fit($"simulating players against {string.Join(' ', targets)}", width), BoardLayout.Strong),
            [],
            .. BoardLayout.Stages([_stage], width),
            [],
            .. BoardLayout.Figures(Figures(), width),
        ];
        if (load.LastError is { } error)
        {
            lines.AddRange([[], BoardLayout.Heading("the last error", width), BoardLayout.Line(BoardLayout.Fit(error, width), BoardLayout.Warning)]);
        }

        return lines;
    }

    public string Line()
    {
        AdvanceStage();
        Percentiles latency = load.Latency;
        string left = _stage.Left is { } time ? $", {Stage.LeftText(time)}" : "";
        return $"simulating: {_stage.Share:P0}{left}; {_achieved.Of(load.ActionsStarted):N0} of {rate:N0} actions/s, "
            + $"{load.Answered:N0} events answered, {load.Rejected:N0} refused, {load.Unanswered:N0} unanswered, "
            + $"ack p50 {latency.P50Ms:F2} ms, p99 {latency.P99Ms:F2} ms";
    }

    private static Stage Begun(double seconds, TimeProvider time)
    {
        Stage stage = new("load", time);
        stage.Begin(seconds);
        return stage;
    }

    // Actions are due by the clock, so the elapsed time is the progress.
    private void AdvanceStage() => _stage.Advance(time.GetElapsedTime(_started).TotalSeconds);

    private IReadOnlyList<(string Name, string Figure)> Figures()
    {
        Percentiles latency = load.Latency, lag = load.StartLag;
        return
        [
            ("asked/s", $"{rate:N0}"),
            ("achieved/s", $"{_achieved.Of(load.ActionsStarted):N0}"),
            ("actions", $"{load.ActionsStarted:N0}"),
            ("answered", $"{load.Answered:N0}"),
            ("refused", $"{load.Rejected:N0}"),
            ("unanswered", $"{load.Unanswered:N0}"),
            ("answered 429", $"{load.RateLimited:N0}"),
            ("retries", $"{load.Retries:N0}"),
            ("bad secrets", $"{load.RefusedLogins:N0}"),
            ("ack p50 ms", $"{latency.P50Ms:F2}"),
            ("ack p99 ms", $"{latency.P99Ms:F2}"),
            ("ack p99.9 ms", $"{latency.P999Ms:F2}"),
            ("late p50 ms", $"{lag.P50Ms:F2}"),
            ("late p99 ms", $"{lag.P99Ms:F2}"),
            ("started late", $"{load.LateShare:P2}"),
        ];
    }
}
