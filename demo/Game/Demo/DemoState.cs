using Game.Cli.Cluster;
using Game.Cli.Display;
using Game.Simulator.Load;

namespace Game.Cli.Demo;

/// <summary>The progress of a demo, or of the start of a system. The work writes it; the thread that draws the screen reads it.</summary>
internal sealed class DemoState(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly List<string> _news = [];

    public string Phase { get; set; } = "starting";

    /// <summary>History is produced to player-events.</summary>
    public Stage History { get; } = new("history", time);

    /// <summary>Detectors, filter and sink consume history.</summary>
    public Stage Reading { get; } = new("reading", time);

    public Stage Live { get; } = new("live play", time);

    public LoadStatistics? Load { get; set; }

    public AlertWatch? Alerts { get; set; }

    /// <summary>Null where one broker runs, and before the cluster has been read.</summary>
    public ClusterPicture? Cluster { get; set; }

    public long DetectorLag { get; set; }

    public long SinkLag { get; set; }

    public IReadOnlyList<string> News
    {
        get
        {
            lock (_gate)
            {
                return [.. _news];
            }
        }
    }

    public void Report(string line)
    {
        lock (_gate)
        {
            _news.Add(line);
        }
    }
}
