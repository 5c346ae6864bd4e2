using Game.Simulator.Load;

namespace Game.Cli.Demo;

/// <summary>What the dashboard shows; written by the demo, read by the screen.</summary>
internal sealed class DemoState
{
    private readonly Lock _gate = new();
    private readonly Queue<string> _news = new();

    public string Phase { get; set; } = "starting";

    public LoadStatistics? Load { get; set; }

    public AlertWatch? Alerts { get; set; }

    public long DetectorLag { get; set; }

    public long SinkLag { get; set; }

    public double EventsPerSecond { get; set; }

    public TimeSpan Remaining { get; set; }

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

    /// <summary>Adds a line to the newest news.</summary>
    public void Say(string line)
    {
        lock (_gate)
        {
            _news.Enqueue(line);
            while (_news.Count > 6)
            {
                _news.Dequeue();
            }
        }
    }
}
