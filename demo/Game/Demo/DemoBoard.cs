using Game.Cli.Display;
using Game.Contracts;
using Game.Simulator.Load;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Game.Cli.Demo;

/// <summary>Shows a running demo: its phase, stages, figures, newest alerts and news.</summary>
internal sealed class DemoBoard(DemoState state, TimeProvider time) : IBoard
{
    private const int LeastNewsLines = 2;
    private const int MostNewsLines = 6;
    private const int HeadingLines = 2; // an empty line and the heading
    private const int PlayerCells = 12;
    private const int RuleCells = 15;
    private const int SeverityCells = 9;
    private readonly RateMeter _rate = new(time);

    public IReadOnlyList<string> News => state.News;

    public IEnumerable<SegmentLine> Picture(int width, int height)
    {
        List<SegmentLine> lines =
        [
            BoardLayout.Line(BoardLayout.Fit(state.Phase, width), BoardLayout.Strong),
            [],
            .. BoardLayout.Stages([state.History, state.Reading, state.Live], width),
            [],
            .. BoardLayout.Figures(Figures(), width),
            .. state.Cluster is { } cluster ? ClusterLines.Of(cluster, width) : [],
        ];
        IReadOnlyList<string> news = state.News;
        int newsLines = Math.Clamp(news.Count, LeastNewsLines, Math.Clamp(height - lines.Count - 2 * HeadingLines - 1, LeastNewsLines, MostNewsLines));
        int alertLines = height - lines.Count - 2 * HeadingLines - newsLines;
        lines.AddRange([[], BoardLayout.Heading("newest alerts", width)]);
        lines.AddRange(Alerts(Math.Max(1, alertLines), width));
        lines.AddRange([[], BoardLayout.Heading("what happened", width)]);
        lines.AddRange(news.TakeLast(newsLines).Select(line => BoardLayout.Line(BoardLayout.Fit(line, width), BoardLayout.Plain)));
        return lines;
    }

    public string Line()
    {
        Stage? running = new[] { state.History, state.Reading, state.Live }.FirstOrDefault(stage => stage.IsRunning);
        string progress = running is null ? "" : $"{running.Share:P0}{(running.Left is { } left ? ", " + Stage.LeftText(left) : "")}; ";
        return $"{state.Phase}: {progress}{_rate.Of(state.Load?.Answered ?? 0):N0} events/s, detector lag {state.DetectorLag:N0}, "
            + $"sink lag {state.SinkLag:N0}, alerts {state.Alerts?.Count ?? 0:N0}"
            + (state.Cluster is { } cluster ? $", {cluster.State.UnderReplicated:N0} partitions under-replicated" : "");
    }

    private IReadOnlyList<(string Name, string Figure)> Figures()
    {
        LoadStatistics? load = state.Load;
        Percentiles? latency = load?.Latency;
        return
        [
            ("events/s", $"{_rate.Of(load?.Answered ?? 0):N0}"),
            ("answered", $"{load?.Answered ?? 0:N0}"),
            ("unanswered", $"{load?.Unanswered ?? 0:N0}"),
            ("ack p50 ms", $"{latency?.P50Ms ?? 0:F2}"),
            ("ack p99 ms", $"{latency?.P99Ms ?? 0:F2}"),
            ("alerts", $"{state.Alerts?.Count ?? 0:N0}"),
            ("detector lag", $"{state.DetectorLag:N0}"),
            ("sink lag", $"{state.SinkLag:N0}"),
        ];
    }

    // The newest alert is at the bottom. The number of lines is constant, so that the part below does not jump.
    private IEnumerable<SegmentLine> Alerts(int count, int width)
    {
        Alert[] newest = [.. (state.Alerts?.Newest ?? []).TakeLast(count).Select(seen => seen.Alert)];
        return newest.Select(alert => AlertLine(alert, width)).Concat(Enumerable.Repeat(new SegmentLine(), count - newest.Length));
    }

    private static SegmentLine AlertLine(Alert alert, int width) =>
    [
        new Segment(BoardLayout.Fit(alert.UserId, PlayerCells) + " ", BoardLayout.Plain),
        new Segment(BoardLayout.Fit(alert.Rule, RuleCells) + " ", BoardLayout.Strong),
        new Segment(BoardLayout.Fit(alert.Severity.ToString().ToLowerInvariant(), SeverityCells) + " ", StyleOf(alert.Severity)),
        new Segment(BoardLayout.Fit(alert.Reason, Math.Max(0, width - PlayerCells - RuleCells - SeverityCells - 3)), BoardLayout.Plain),
    ];

    private static Style StyleOf(AlertSeverity severity) => severity switch
    {
        AlertSeverity.Critical => BoardLayout.Bad,
        AlertSeverity.Warning => BoardLayout.Warning,
        _ => BoardLayout.Label,
    };
}
