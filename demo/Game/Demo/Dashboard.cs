using Game.Simulator.Load;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Game.Cli.Demo;

/// <summary>The live picture of a running demo; on something that is no terminal, a line every few seconds.</summary>
internal sealed class Dashboard(IAnsiConsole console, DemoState state)
{
    private const int LinesEverySeconds = 5;

    /// <summary>Draws until the work is done.</summary>
    public async Task ShowWhileAsync(Func<Task> work)
    {
        using CancellationTokenSource done = new();
        Task drawing = console.Profile.Out.IsTerminal ? DrawAsync(done.Token) : WriteLinesAsync(done.Token);
        try
        {
            await work();
        }
        finally
        {
            await done.CancelAsync();
            await drawing;
        }
    }

    private Task DrawAsync(CancellationToken done) => console.Live(Picture()).AutoClear(true).StartAsync(async live =>
    {
        using PeriodicTimer tick = new(TimeSpan.FromMilliseconds(250));
        while (await TickAsync(tick, done))
        {
            live.UpdateTarget(Picture());
        }
    });

    private async Task WriteLinesAsync(CancellationToken done)
    {
        using PeriodicTimer tick = new(TimeSpan.FromSeconds(LinesEverySeconds));
        while (await TickAsync(tick, done))
        {
            await console.Profile.Out.Writer.WriteLineAsync(
                $"{state.Phase}: {state.EventsPerSecond:N0} events/s, detector lag {state.DetectorLag:N0}, sink lag {state.SinkLag:N0}, alerts {state.Alerts?.Seen.Count ?? 0}");
        }
    }

    private static async Task<bool> TickAsync(PeriodicTimer tick, CancellationToken done)
    {
        try
        {
            return await tick.WaitForNextTickAsync(done);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private IRenderable Picture() => new Rows(Figures(), Newest(), News());

    private Table Figures()
    {
        LoadStatistics? load = state.Load;
        Percentiles latency = load?.Latency ?? new(0, 0, 0, 0, 0);
        Table table =
            new Table().Title($"[bold]{Markup.Escape(state.Phase)}[/]  {(state.Remaining > TimeSpan.Zero ? $"{state.Remaining.TotalSeconds:F0} s left" : "")}")
            .Border(TableBorder.Rounded);
        foreach (string column in (string[])["events/s", "answered", "unsettled", "ack p50 ms", "ack p99 ms", "detector lag", "sink lag", "alerts"])
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }
        table.AddRow($"{state.EventsPerSecond:N0}", $"{load?.Answered ?? 0:N0}", $"{load?.Unsettled ?? 0:N0}", $"{latency.P50Ms:F2}", $"{latency.P99Ms:F2}",
            $"{state.DetectorLag:N0}",
            $"{state.SinkLag:N0}", $"{state.Alerts?.Seen.Count ?? 0:N0}");
        return table;
    }

    private Table Newest()
    {
        Table table = new Table().Title("Newest alerts").Border(TableBorder.Rounded).AddColumn("player").AddColumn("rule").AddColumn("severity")
            .AddColumn("reason");
        foreach (SeenAlert seen in state.Alerts?.Newest ?? [])
        {
            table.AddRow(Markup.Escape(seen.Alert.UserId), Markup.Escape(seen.Alert.Rule), seen.Alert.Severity.ToString(), Markup.Escape(seen.Alert.Reason));
        }
        return table;
    }

    private Panel News() => new Panel(Markup.Escape(string.Join('\n', state.News))).Header("What happened").Expand();
}
