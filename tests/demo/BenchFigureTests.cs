using Game.Cli.Bench;
using Spectre.Console;

namespace Game.Demo.Tests;

public sealed class BenchFigureTests
{
    [Theory]
    [InlineData(3.0, "aim at least 3: reached")]
    [InlineData(2.996, "aim at least 3: reached")] // shown as 3.00
    [InlineData(2.994, "aim at least 3: missed")]
    public void An_aim_of_at_least_is_judged_as_the_ratio_is_shown(double ratio, string verdict) => Aim.AtLeast(3).Verdict(ratio).ShouldBe(verdict);

    [Theory]
    [InlineData(0.2, "aim at most 0.5: reached")]
    [InlineData(0.504, "aim at most 0.5: reached")]
    [InlineData(0.51, "aim at most 0.5: missed")]
    [InlineData(double.NaN, "aim at most 0.5: missed")]
    [InlineData(double.PositiveInfinity, "aim at most 0.5: missed")]
    public void An_aim_of_at_most_is_judged_as_the_ratio_is_shown(double ratio, string verdict) => Aim.AtMost(0.5).Verdict(ratio).ShouldBe(verdict);

    [Theory]
    [InlineData(2, new[] { 3.0, 1, 2 })]
    [InlineData(2.5, new[] { 4.0, 1, 2, 3 })]
    [InlineData(7, new[] { 7.0 })]
    public void The_median_is_the_middle_or_the_mean_of_the_two_there(double median, double[] values) => Medians.Of(values).ShouldBe(median);

    [Fact]
    public void The_medians_of_rounds_are_taken_figure_by_figure()
    {
        LoadFigures medians = LoadFigures.MediansOf([Load(1, 30), Load(2, 10), Load(9, 20)]);
        (medians.ProducedPerCpuSecond, medians.ConsumedPerCpuSecond, medians.ProducedPerSecond).ShouldBe((2, 20, 200));
        medians.Latencies.ShouldBe([new LatencyAtRate(500, 20, 40, 60, 80), new LatencyAtRate(5000, 21, 41, 61, 81)]);
    }

    [Fact]
    public void Two_are_shown_with_their_ratio_and_below_the_verdict()
    {
        string shown = Shown(["ours", "peer"], [new Figure("a", "N0", [6000, 2000], Aim.AtLeast(3)), new Figure("b", "F1", [1, 2])]);
        shown.ShouldContain("│ a │ 6,000 │ 2,000 │  3.00 │");
        shown.ShouldContain("│ b │   1.0 │   2.0 │  0.50 │");
        shown.ShouldContain("a: 3.00, aim at least 3: reached");
    }

    [Fact]
    public void What_could_not_be_measured_is_a_dash_and_has_no_verdict()
    {
        string shown = Shown(["ours", "peer"], [new Figure("a", "N0", [6000, null], Aim.AtLeast(3))]);
        shown.ShouldContain("│ a │ 6,000 │    - │     - │");
        shown.ShouldNotContain("aim");
    }

    [Fact]
    public void One_alone_has_neither_ratio_nor_aim()
    {
        string shown = Shown(["ours"], [new Figure("a", "N0", [6000], Aim.AtLeast(3))]);
        shown.ShouldContain("│ a │ 6,000 │");
        shown.ShouldNotContain("ratio");
        shown.ShouldNotContain("aim");
    }

    private static LoadFigures Load(double produced, double consumed)
        => new(produced, consumed, produced * 100, [new LatencyAtRate(500, consumed, consumed * 2, consumed * 3, consumed * 4),
            new LatencyAtRate(5000, consumed + 1, consumed * 2 + 1, consumed * 3 + 1, consumed * 4 + 1)]);

    private static string Shown(string[] names, Figure[] figures)
    {
        using StringWriter text = new();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = 100;
        FigureTable.Write(console, names, figures);
        return text.ToString();
    }
}
