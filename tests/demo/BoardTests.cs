using Game.Cli.Cluster;
using Game.Cli.Demo;
using Game.Cli.Simulate;
using Game.Cli.Display;
using Game.Simulator.Load;
using Spectre.Console.Rendering;

namespace Game.Demo.Tests;

/// <summary>A board fits a terminal of any size.</summary>
public sealed class BoardTests
{
    private static readonly TimeProvider Time = TimeProvider.System;

    public static TheoryData<int, int> Sizes => new() { { 1, 1 }, { 20, 5 }, { 39, 10 }, { 79, 24 }, { 159, 50 }, { 300, 100 } };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_demo_s_board_stays_within_the_terminal(int width, int height)
    {
        DemoState state = new(Time) { Phase = "playing live in a phase with a long, long, long name" };
        state.History.Begin(100);
        state.History.End();
        state.Live.Begin(60);
        state.Live.Advance(30);
        for (int i = 0; i < 10; i++)
        {
            state.Report($"news {i}: \e[31m日本語 and more that is longer than most terminals are wide, longer by far than any of them {new string('x', 200)}");
        }

        IReadOnlyList<SegmentLine> lines = BoardLayout.Cut(new DemoBoard(state, Time).Picture(width, height), width, height);
        ShouldFit(lines, width, height);
        string all = Text(lines);
        all.ShouldNotContain('\e');
        if (height >= 24 && width >= 79)
        {
            foreach (string part in (string[])["playing live", "history", "done", "reading", "live play", "50 %", "s left", "events/s", "detector lag",
                "newest alerts", "what happened", "news 9"])
            {
                all.ShouldContain(part);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_cluster_s_board_shows_each_broker_and_stays_within_the_terminal(int width, int height)
    {
        BrokerState[] brokers = [new(1, true, 40, 75, 75), new(2, false, 0, 0, 75), new(3, true, 35, 75, 75)];
        ClusterState cluster = new(3, brokers, 75, 75, 0, new Dictionary<Confluent.Kafka.TopicPartition, int>());
        DemoState state = new(Time) { Phase = "playing live", Cluster = new ClusterPicture(cluster, Paused: [1], Killed: [2]) };
        for (int i = 0; i < 10; i++)
        {
            state.Report($"news {i}");
        }

        List<SegmentLine> picture = [.. new DemoBoard(state, Time).Picture(width, height)];
        ShouldFit(BoardLayout.Cut(picture, width, height), width, height);
        if (height >= 24 && width >= 79)
        {
            picture.Count.ShouldBeLessThanOrEqualTo(height, "nothing is cut");
            foreach (string part in (string[])["controller 3, 75 partitions, 75 under-replicated, 0 without leader", "broker-1  paused   leads 40",
                "broker-2  killed   leads 0       in sync 0 of 75", "rack-3 controller", "newest alerts", "news 9"])
            {
                Text(picture).ShouldContain(part);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_load_s_board_stays_within_the_terminal(int width, int height)
    {
        LoadStatistics load = new(TimeSpan.Zero);
        load.Failed("no answer: \e]0;title\a");
        LoadBoard board = new(load, ["http://127.0.0.1:1", "http://127.0.0.1:2"], rate: 12_000, seconds: 60, Time);
        IReadOnlyList<SegmentLine> lines = BoardLayout.Cut(board.Picture(width, height), width, height);
        ShouldFit(lines, width, height);
        if (height >= 24 && width >= 79)
        {
            foreach (string part in (string[])["asked/s", "12,000", "achieved/s", "answered", "refused", "ack p99 ms", "no answer: ·]0;title·"])
            {
                Text(lines).ShouldContain(part);
            }
        }
    }

    [Fact]
    public void A_load_s_progress_counts_from_its_beginning_although_a_pipe_gets_its_first_line_later()
    {
        SteppedTime time = new();
        LoadBoard board = new(new LoadStatistics(TimeSpan.Zero), ["http://127.0.0.1:1"], rate: 10, seconds: 20, time);
        foreach (string expected in (string[])["simulating: 25 %, 15 s left;", "simulating: 50 %, 10 s left;", "simulating: 75 %, 5 s left;"])
        {
            time.Step(TimeSpan.FromSeconds(5));
            board.Line().ShouldStartWith(expected);
        }
    }

    [Theory]
    [InlineData("abc", 5, "abc  ")]
    [InlineData("abcdef", 4, "abc…")]
    [InlineData("日本語", 4, "日… ")]
    [InlineData("a\tb\ec", 5, "a·b·c")]
    [InlineData("abc", 1, "…")]
    [InlineData("abc", 0, "")]
    public void Text_is_fitted_into_cells(string text, int cells, string fitted) => BoardLayout.Fit(text, cells).ShouldBe(fitted);

    [Theory]
    [InlineData(0.2, "1 s left")]
    [InlineData(119, "119 s left")]
    [InlineData(200, "3 min 20 s left")]
    [InlineData(7300, "2 h 1 min left")]
    public void The_time_left_is_shown_in_seconds_minutes_or_hours(double seconds, string text) => Stage.LeftText(TimeSpan.FromSeconds(seconds)).ShouldBe(text);

    [Fact]
    public void A_stage_predicts_the_time_left_from_its_speed_so_far()
    {
        SteppedTime time = new();
        Stage stage = new("history", time);
        (stage.Share, stage.Remark, stage.IsRunning).ShouldBe((0, "", false));
        stage.Begin(200);
        (stage.Share, stage.Left).ShouldBe((0, null));
        time.Step(TimeSpan.FromSeconds(10));
        stage.Advance(50);
        (stage.Share, stage.Left, stage.Remark).ShouldBe((0.25, TimeSpan.FromSeconds(30), "30 s left"));
        stage.End();
        (stage.Share, stage.Left, stage.Remark, stage.IsRunning).ShouldBe((1, null, "done", false));
    }

    private static void ShouldFit(IReadOnlyList<SegmentLine> lines, int width, int height)
    {
        lines.Count.ShouldBeLessThanOrEqualTo(height);
        lines.ShouldAllBe(line => line.CellCount() <= width);
    }

    private static string Text(IEnumerable<SegmentLine> lines) => string.Join('\n', lines.Select(line => string.Concat(line.Select(segment => segment.Text))));

    private sealed class SteppedTime : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Step(TimeSpan by) => _ticks += by.Ticks;
    }
}
