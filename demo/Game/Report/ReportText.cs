using Game.Cli.Audit;
using Game.Cli.Demo;
using Spectre.Console;

namespace Game.Cli.Report;

/// <summary>The report for people.</summary>
internal static class ReportText
{
    public static void Write(IAnsiConsole console, DemoReport report)
    {
        console.WriteLine();
        console.Write(new Rule("[bold]Report[/]").LeftJustified());
        WriteAudit(console, report.Audit);
        WriteFigures(console, report);
        WriteDetection(console, report.Detection);
    }

    public static void WriteEnd(IAnsiConsole console, DemoReport report, DemoOptions options)
    {
        TextWriter plain = console.Profile.Out.Writer; // paths and commands are copied: they are never broken into lines
        plain.WriteLine();
        plain.WriteLine($"{(options.WebHdfs is null ? "Data, logs" : $"Rows are in {options.WebHdfs}; logs")} and audit lie in {report.Folder}");
        // Named, so that the commands go there whatever is run in between.
        string hdfs = options.WebHdfs is { } outside ? $" --webhdfs {outside}" : "";
        plain.WriteLine($"Next: ./game query{hdfs} \"select rule, severity, count(*) from alerts group by all\"");
        plain.WriteLine($"      ./game query{hdfs} \"select user_id, reason from alerts order by score desc limit 10\"     ./game shell{hdfs}");
        plain.WriteLine(options.Keep
            ? $"Everything still runs: bootstrap server {report.Endpoints.Bootstrap}, WebHDFS {report.Endpoints.WebHdfs}; ./game status shows it, ./game down ends it."
            : "      ./game demo --keep leaves everything running    ./game up  starts the system without a load");
        string verdict = report.Audit.Ok ? "[bold green]All audits hold: nothing was lost, doubled or judged otherwise.[/]"
            : "[bold red]The audits do not hold.[/]";
        console.MarkupLine(verdict);
    }

    private static void WriteAudit(IAnsiConsole console, AuditSection audit)
    {
        Table table = new Table().Title("Audit, in events").AddColumn("").AddColumn(new TableColumn("live").RightAligned())
            .AddColumn(new TableColumn("history").RightAligned());
        table.AddRow("sent", audit.Sent.ToString("N0"), audit.HistoryPublished.ToString("N0"));
        table.AddRow("answered", audit.Answered.ToString("N0"), "");
        table.AddRow("rejected (nothing published)", audit.Rejected.ToString("N0"), "");
        table.AddRow("in player-events", audit.InTopic.ToString("N0"), audit.HistoryInTopic.ToString("N0"));
        table.AddRow("covered by the detectors' commits", audit.Detected.ToString("N0"), "");
        table.AddRow("in HDFS", audit.InHdfs.ToString("N0"), audit.HistoryInHdfs.ToString("N0"));
        table.AddRow("alerts in the topic / in HDFS", $"{audit.AlertsInTopic:N0} / {audit.AlertsInHdfs:N0}", "");
        table.AddRow("critical alerts / in alerts-priority", $"{audit.CriticalAlerts:N0} / {audit.AlertsInPriority:N0}", "");
        table.AddRow("alert ids twice / rows twice in HDFS / replay differences",
            $"{audit.DuplicateAlertIds} / {audit.DuplicateRowsInHdfs} / {audit.ReplayDifferences}", "");
        table.AddRow("dead letters / misrouted / right secrets refused", $"{audit.DeadLetters} / {audit.Misrouted} / {audit.RefusedLogins}", "");
        console.Write(table);
        foreach (string difference in audit.Differences)
        {
            console.MarkupLineInterpolated($"[red]{difference}[/]");
        }
    }

    private static void WriteFigures(IAnsiConsole console, DemoReport report)
    {
        Table table = new Table().Title("Latency, milliseconds").AddColumn("");
        foreach (string column in (string[])["p50", "p99", "p99.9"])
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }
        AddRow(table, "action due → acknowledged", report.Latency.ActionToAck);
        AddRow(table, "event → alert", report.Latency.EventToAlert);
        AddRow(table, "action due → started (the simulator's own lag)", report.Latency.StartLag);
        console.Write(table);
        if (!report.Latency.Valid)
        {
            console.MarkupLineInterpolated(
                $"[bold yellow]Latency is NOT VALID in this run: {report.Latency.LateStartShare:P1} of the actions started more than 5 ms late, so the load generator was short of CPU.[/]");
        }

        console.MarkupLineInterpolated(
            $"{report.Rates.ActionsPerSecond:N0} actions/s, {report.Rates.EventsPerSecond:N0} events/s; {report.Rates.Retries} retries, {report.Rates.RateLimitedActions} actions answered 429");
        if (report.Recovery.Ms > 0)
        {
            console.MarkupLineInterpolated($"recovery after the kill: {report.Recovery.Ms / 1000:F1} s, {report.Recovery.EventsDelayed:N0} events delayed");
        }
    }

    private static void WriteDetection(IAnsiConsole console, DetectionResult detection)
    {
        Table table = new Table().Title("Detection, live part").AddColumn("scenario").AddColumn(new TableColumn("planted").RightAligned())
            .AddColumn(new TableColumn("caught").RightAligned());
        foreach ((string name, ScenarioResult result) in detection.Scenarios.OrderBy(pair => pair.Key))
        {
            table.AddRow(name, result.Planted.ToString(), result.Planted == 0 ? "-" : $"{result.Caught} ({(double)result.Caught / result.Planted:P0})");
        }
        console.Write(table);
        double share = detection.HonestPlayers == 0 ? 0 : (double)detection.HonestPlayersAlerted / detection.HonestPlayers;
        console.MarkupLineInterpolated(
            $"honest players alerted: {detection.HonestPlayersAlerted} of {detection.HonestPlayers} ({share:P2}), {detection.FalseAlerts} false alerts; {detection.AlertsOnHistory} alerts on history");
    }

    private static void AddRow(Table table, string name, LatencyFigures figures)
        => table.AddRow(name, figures.P50Ms.ToString("F2"), figures.P99Ms.ToString("F2"), figures.P999Ms.ToString("F2"));
}
