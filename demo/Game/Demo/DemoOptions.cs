using Game.Simulator.Load;
using Game.Simulator.World;

namespace Game.Cli.Demo;

/// <summary>The options of <c>./game demo</c>.</summary>
internal sealed record DemoOptions
{
    public double Seconds { get; init; } = 60;

    /// <summary>Seconds of play before <see cref="Seconds"/>: their events are audited, but their latencies are not measured.</summary>
    public double WarmUp { get; init; }

    public int Players { get; init; } = 2000;

    /// <inheritdoc cref="LivePlanOptions.PlayersPerCampaign"/>
    public int PlayersPerCampaign { get; init; } = LivePlanOptions.DefaultPlayersPerCampaign;

    public double Rate { get; init; } = 500;

    public int Seed { get; init; } = 1;

    public int Partitions { get; init; } = 4;

    public Transport Transport { get; init; } = Transport.Mixed;

    public bool Keep { get; init; }

    /// <summary>Whether the brokers are a cluster on a ZooKeeper.</summary>
    public bool Cluster { get; init; }

    /// <summary>Whether a detector is killed in the middle, and of a cluster one broker killed and one paused.</summary>
    public bool Kill { get; init; } = true;

    public string? Report { get; init; }

    public string? BootstrapServers { get; init; }

    public string? WebHdfs { get; init; }
}
