using System.Globalization;
using Broker.Server.Config;

namespace Broker.Server.Replication;

/// <summary>A broker's quotas of replication, as its settings and those of the topics say.</summary>
internal sealed class ReplicationQuotas
{
    private static readonly HashSet<int> None = [];

    private readonly string _brokerId;

    /// <param name="config">The windows over which rates are taken.</param>
    /// <param name="brokerId">This broker, whose replicas of the lists are meant.</param>
    /// <param name="time">The clock.</param>
    public ReplicationQuotas(BrokerConfig config, int brokerId, TimeProvider time)
    {
        _brokerId = brokerId.ToString(CultureInfo.InvariantCulture);
        int samples = config.Int("replication.quota.window.num");
        long sampleMs = config.Int("replication.quota.window.size.seconds") * 1000L;
        Leader = new ReplicationQuota(samples, sampleMs, time);
        Follower = new ReplicationQuota(samples, sampleMs, time);
    }

    /// <summary>For what followers fetch from this broker.</summary>
    public ReplicationQuota Leader { get; }

    /// <summary>For what this broker fetches.</summary>
    public ReplicationQuota Follower { get; }

    /// <summary>The broker's settings hold from now on.</summary>
    public void Set(BrokerConfig broker)
    {
        Leader.SetRate(broker.Long("leader.replication.throttled.rate"));
        Follower.SetRate(broker.Long("follower.replication.throttled.rate"));
    }

    /// <summary>A topic's own settings hold from now on.</summary>
    public void Set(string topic, IReadOnlyDictionary<string, string> settings)
    {
        Leader.SetThrottled(topic, PartitionsIn(settings.GetValueOrDefault("leader.replication.throttled.replicas")));
        Follower.SetThrottled(topic, PartitionsIn(settings.GetValueOrDefault("follower.replication.throttled.replicas")));
    }

    /// <summary>The partitions of which the list names this broker's replica; null for all. The list was checked when it was set.</summary>
    private IReadOnlySet<int>? PartitionsIn(string? list)
    {
        string text = list?.Trim() ?? "";
        return text == "*" ? null : text.Length == 0 ? None : ConfigText.List(text)
            .Select(replica => replica.Split(':'))
            .Where(parts => parts is [_, string broker] && broker == _brokerId)
            .Select(parts => int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int partition) ? partition : -1)
            .ToHashSet();
    }
}
