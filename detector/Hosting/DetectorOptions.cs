using Game.Contracts;
using Game.Detector.Rules;

namespace Game.Detector.Hosting;

/// <summary>What the command line says.</summary>
internal sealed record DetectorOptions
{
    public const string DetectorGroup = "detector";
    public const string FilterGroup = "detector-filter";

    public required string BootstrapServers { get; init; }

    public required string Group { get; init; }

    /// <summary>This member's name in the group's description.</summary>
    public required string ClientId { get; init; }

    /// <summary>Partitions of <c>player-events</c> and <c>alerts</c>.</summary>
    public required int Partitions { get; init; }

    /// <summary>The addresses that serve health and metrics; port 0 picks a free port.</summary>
    public required string Urls { get; init; }

    /// <summary>Copy critical alerts instead of watching players.</summary>
    public required bool IsFilter { get; init; }

    public required RuleSet Rules { get; init; }

    /// <summary>The topic this process reads.</summary>
    public string InputTopic => IsFilter ? Topics.Alerts : Topics.PlayerEvents;

    /// <summary>The topics this process creates where they are missing.</summary>
    public IReadOnlyCollection<TopicSpec> NeededTopics()
    {
        Topics topics = new(Partitions);
        return IsFilter
            ? [topics[Topics.Alerts], topics[Topics.AlertsPriority], topics[Topics.DeadLetters]]
            : [topics[Topics.PlayerEvents], topics[Topics.Alerts], topics[Topics.DeadLetters]];
    }
}
