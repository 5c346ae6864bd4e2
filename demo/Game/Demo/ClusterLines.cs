using Game.Cli.Cluster;
using Game.Cli.Display;
using Game.Cli.Processes;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Game.Cli.Demo;

/// <summary>A cluster in a few lines of a dashboard: a line for each broker, and above them what concerns all.</summary>
internal static class ClusterLines
{
    private const int NameCells = 10;
    private const int ConditionCells = 9;
    private const int LeadsCells = 14;
    private const int InSyncCells = 24;

    public static IEnumerable<SegmentLine> Of(ClusterPicture picture, int width)
    {
        ClusterState state = picture.State;
        yield return [];
        yield return BoardLayout.Heading("cluster: " + state.Summary, width);
        foreach (BrokerState broker in state.Brokers)
        {
            (string condition, Style style) = Condition(picture, broker);
            yield return
            [
                new Segment(BoardLayout.Fit($"broker-{broker.Id}", NameCells), BoardLayout.Label),
                new Segment(BoardLayout.Fit(condition, ConditionCells), style),
                new Segment(BoardLayout.Fit($"leads {broker.Leads:N0}", LeadsCells), BoardLayout.Plain),
                new Segment(BoardLayout.Fit($"in sync {broker.InSync:N0} of {broker.Replicas:N0}", InSyncCells),
                    broker.InSync < broker.Replicas ? BoardLayout.Warning : BoardLayout.Plain),
                new Segment(BoardLayout.Fit($"{Brokers.RackOf(broker.Id)} {(broker.Id == state.Controller ? "controller" : "")}", Math.Max(0, width - NameCells
                    - ConditionCells - LeadsCells - InSyncCells)), BoardLayout.Label),
            ];
        }
    }

    private static (string Text, Style Style) Condition(ClusterPicture picture, BrokerState broker)
        => picture.Killed.Contains(broker.Id) ? ("killed", BoardLayout.Bad)
        : picture.Paused.Contains(broker.Id) ? ("paused", BoardLayout.Bad)
        : broker.IsRegistered ? ("runs", BoardLayout.Good)
        : ("is away", BoardLayout.Warning);
}
