namespace Broker.Server.Config;

/// <summary>
/// A broker's configuration under Kafka's names: what was given over Kafka's defaults, typed and checked. Immutable; a change is a new one. Owners copy what
/// they need on their hot paths when they are made.
/// </summary>
internal sealed partial class BrokerConfig
{
    /// <summary>The key of the metrics and health listener, which Kafka has not.</summary>
    public const string MetricsListenerKey = "metrics.http.listener";

    /// <summary>The key of the class that picks the replica that a consumer reads from.</summary>
    public const string ReplicaSelectorKey = "replica.selector.class";

    /// <summary>The class of Kafka's that picks a replica in the consumer's rack; it stands for this broker's own code that does the same.</summary>
    public const string RackAwareSelector = "org.apache.kafka.common.replica.RackAwareReplicaSelector";

    /// <summary>The key of the form of the log lines, which Kafka has not.</summary>
    public const string LogFormatKey = "log.format";

    /// <summary>
    /// The default of queued.max.request.bytes: two of the longest requests (100 MiB each) and room for usual ones beside them. Kafka's default is no limit.
    /// </summary>
    public const long DefaultQueuedRequestBytes = 256L << 20;

    private readonly IReadOnlyDictionary<string, string> _given;
    private readonly Dictionary<string, object?> _values;

    /// <param name="given">The values of file, environment and command line; unknown keys are kept for the warnings only.</param>
    /// <exception cref="ConfigException">A value is malformed or not supported; the message is one sentence naming it.</exception>
    public BrokerConfig(IReadOnlyDictionary<string, string> given)
    {
        _given = given;
        _values = new Dictionary<string, object?>(ConfigDefinitions.Broker.Count, StringComparer.Ordinal);
        foreach (ConfigDefinition definition in ConfigDefinitions.Broker.Values)
        {
            _values.Add(definition.Name, ValueOf(definition, given));
        }
        Listeners = ListenerList.Parse(Text("listeners")!, Text("listener.security.protocol.map")!);
        AdvertisedListeners = ListenerList.Advertised(Listeners, Text("advertised.listeners"));
        InterBrokerListener = ListenerList.InterBroker(Listeners, Text("inter.broker.listener.name"), Text("security.inter.broker.protocol")!);
        ConnectionsPerIpOverrides = ListenerList.AddressLimits(Text("max.connections.per.ip.overrides")!);
        ConfigChecks.Check(this);
    }

    /// <summary>The keys and texts that were given, as against defaults.</summary>
    public IReadOnlyDictionary<string, string> AllGiven => _given;

    /// <summary>Where the broker listens.</summary>
    public IReadOnlyList<Listener> Listeners { get; }

    /// <summary>The addresses that clients of each listener get; port 0 stands for the port that was bound, an empty host for this machine's name.</summary>
    public IReadOnlyList<Listener> AdvertisedListeners { get; }

    /// <summary>The listener over which brokers talk to each other.</summary>
    public Listener InterBrokerListener { get; }

    /// <summary>max.connections.per.ip.overrides by address or host name.</summary>
    public IReadOnlyDictionary<string, int> ConnectionsPerIpOverrides { get; }

    /// <summary>The text that was given for a key; null when its default holds.</summary>
    public string? Given(string key) => _given.GetValueOrDefault(key);

    /// <summary>The value of a key of the table, typed; null where it has none.</summary>
    public object? Value(string key) => _values[key];

    public bool Bool(string key) => (bool)_values[key]!;

    public short Short(string key) => (short)_values[key]!;

    public int Int(string key) => (int)_values[key]!;

    public long Long(string key) => (long)_values[key]!;

    public double Double(string key) => (double)_values[key]!;

    public string? Text(string key) => (string?)_values[key];

    public IReadOnlyList<string> List(string key) => (string[])_values[key]!;

    /// <summary>This configuration with other values for some keys; null takes a key's given value away.</summary>
    /// <exception cref="ConfigException">As the constructor's.</exception>
    public BrokerConfig With(IEnumerable<KeyValuePair<string, string?>> changes)
    {
        Dictionary<string, string> given = new(_given, StringComparer.Ordinal);
        foreach ((string key, string? value) in changes)
        {
            if (value is null)
            {
                given.Remove(key);
            }
            else
            {
                given[key] = value;
            }
        }

        return new BrokerConfig(given);
    }

    private static object? ValueOf(ConfigDefinition definition, IReadOnlyDictionary<string, string> given)
    {
        string? text = given.GetValueOrDefault(definition.Name, definition.Default!);
        return definition.TryParse(text, out object? value, out string error) ? value : throw new ConfigException(error + ".");
    }
}
