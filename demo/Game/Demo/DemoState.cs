using Game.Cli.Display;
using Game.Simulator.Load;

namespace Game.Cli.Demo;

/// <summary>How a demo, or the start of a system, stands; written by the work, read by the screen.</summary>
internal sealed class DemoState(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly List<string> _news = [];

    public string Phase { get; set; } = "starting";

    /// <summary>History on its way into player-events.</summary>
    public Stage History { get; } = new("history", time);

    /// <summary>Detectors, filter and sink on their way to the end of history.</summary>
    public Stage Reading { get; } = new("reading", time);

    public Stage Live { get; } = new("live play", time);

    public LoadStatistics? Load { get; set; }

    public AlertWatch? Alerts { get; set; }

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

    public void Say(string line)
    {
        lock (_gate)
        {
            _news.Add(line);
        }
    }
}
