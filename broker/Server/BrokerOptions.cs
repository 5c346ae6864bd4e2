using Microsoft.Extensions.Logging;

namespace Broker.Server;

/// <summary>How a broker is to be started inside a process.</summary>
public sealed record BrokerOptions
{
    /// <summary>Settings under Kafka's names, over Kafka's defaults.</summary>
    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    /// <summary>Where the broker's log lines go; null is nowhere.</summary>
    public ILoggerFactory? Logging { get; init; }

    /// <summary>The clock; null is the system's.</summary>
    public TimeProvider? Time { get; init; }

    /// <summary>Whether everything is kept in memory and gone with the broker; log.dirs then only names things.</summary>
    public bool InMemory { get; init; }

    /// <summary>
    /// A broker for tests: a free port of 127.0.0.1, one replica of everything, its data in <paramref name="dataFolder"/>; no metrics pages, and groups
    /// that do not wait for further members before their first rebalance.
    /// </summary>
    /// <param name="dataFolder">Where the data goes; made if it is not there. Null keeps it in memory.</param>
    /// <param name="more">Further settings, which win.</param>
    public static BrokerOptions ForTests(string? dataFolder = null, IEnumerable<KeyValuePair<string, string>>? more = null)
    {
        Dictionary<string, string> settings = new(StringComparer.Ordinal)
        {
            ["broker.id"] = "0",
            ["listeners"] = "PLAINTEXT://127.0.0.1:0",
            ["log.dirs"] = dataFolder ?? "/memory",
            ["offsets.topic.replication.factor"] = "1",
            ["offsets.topic.num.partitions"] = "4",
            ["transaction.state.log.replication.factor"] = "1",
            ["transaction.state.log.min.isr"] = "1",
            ["group.initial.rebalance.delay.ms"] = "0",
        };
        foreach ((string key, string value) in more ?? [])
        {
            settings[key] = value;
        }
        return new BrokerOptions { Settings = settings, InMemory = dataFolder is null };
    }
}
