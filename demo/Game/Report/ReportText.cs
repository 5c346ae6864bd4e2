using Game.Cli.Audit;
using Game.Cli.Cluster;
using Game.Cli.Processes;
using Game.Contracts;
using Spectre.Console;

namespace Game.Cli.Report;

/// <summary>Writes the report to the terminal.</summary>
internal static class ReportText
{
    public static void Write(IAnsiConsole console, DemoReport report)
    {
        console.WriteLine();
        console.Write(new Rule("[bold]Report[/]").LeftJustified());
        WriteAudit(console, report.Audit);
        WriteFigures(console, report);
        if (report.Cluster is { Faults.Count: > 0 } cluster)
        {
            WriteFaults(console, cluster);
        }

        WriteDetection(console, report.Detection);
    }

    /// <param name="console">Where to write.</param>
    /// <param name="report">The report of the demo.</param>
    /// <param name="webHdfs">The outside HDFS that holds the rows; null where the demo's folder holds them.</param>
    /// <param name="isKept">Whether the system still runs.</param>
    /// <param name="removed">Names of the older demos whose folders were deleted.</param>
    public static void WriteEnd(IAnsiConsole console, DemoReport report, string? webHdfs, bool isKept, IReadOnlyList<string> removed)
    {
        TextWriter plain = console.Profile.Out.Writer; // people copy paths and commands, so they are never broken into lines
        // The commands name the HDFS, so that they query it even if another system runs by then.
        string hdfs = webHdfs is { } outside ? $" --webhdfs {outside}" : "";
        plain.WriteLine();
        plain.WriteLine(webHdfs is null ? "Data, logs and audit are in" : $"Rows are in {webHdfs}; logs and audit are in");
        plain.WriteLine($"  {report.Folder}");
        if (removed.Count > 0)
        {
            plain.WriteLine($"Of older demos the newest {SystemFolder.FinishedDemosKept - 1} stay; removed: {string.Join(", ", removed)}");
        }

        plain.WriteLine("Next:");
        plain.WriteLine($"  ./game query{hdfs} \"{Suggestions.AlertsByRule}\"");
        plain.WriteLine($"  ./game query{hdfs} \"{Suggestions.WorstAlerts}\"");
        plain.WriteLine($"  ./game shell{hdfs}");
        if (isKept)
        {
            plain.WriteLine($"Everything still runs: bootstrap server {report.Endpoints.Bootstrap},");
            plain.WriteLine($"WebHDFS {report.Endpoints.WebHdfs}; ./game status shows it, ./game down ends it.");
        }
        else
        {
            plain.WriteLine("  ./game demo --keep   leaves everything running");
            plain.WriteLine("  ./game up            starts the system without a load");
        }

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
        if (audit.PriorityRepeats > 0)
        {
            table.AddRow("alerts copied there again", audit.PriorityRepeats.ToString("N0"), "");
        }

        table.AddRow("alert ids twice / rows twice in HDFS", $"{audit.DuplicateAlertIds} / {audit.DuplicateRowsInHdfs}", "");
        table.AddRow("differences from a replay", audit.ReplayDifferences.ToString("N0"), "");
        table.AddRow("dead letters / misrouted", $"{audit.DeadLetters} / {audit.Misrouted}", "");
        table.AddRow("right secrets refused", audit.RefusedLogins.ToString("N0"), "");
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

    private static void WriteFaults(IAnsiConsole console, ClusterSection cluster)
    {
        Table table = new Table().Title("Fail-over, seconds").AddColumn("").AddColumn("leader of");
        foreach (string column in (string[])["down", "first record", "all in sync"])
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }
        foreach (BrokerFault fault in cluster.Faults)
        {
            table.AddRow($"broker-{fault.Broker} {fault.Kind}", $"{Topics.PlayerEvents}-{fault.Partition}", $"{fault.DownMs / 1000:F1}",
                fault.FailOverMs is { } ms ? $"{ms / 1000:F1}" : "-", $"{fault.InSyncAgainMs / 1000:F1}");
        }
        console.Write(table);
        console.MarkupLineInterpolated(
            $"first record: from the fault until the load got a new record acknowledged; in sync: from the end of the fault until all replicas were.");
        console.MarkupLineInterpolated($"A broker's session lasts {cluster.SessionTimeoutMs / 1000:F0} s. The latencies include the fail-overs.");
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
