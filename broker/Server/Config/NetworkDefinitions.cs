using static Broker.Server.Config.ConfigRule;
using static Broker.Server.Config.ConfigUpdate;
using static Broker.Server.Config.DefinitionTable;

namespace Broker.Server.Config;

/// <summary>Settings of the broker's identity, its listeners, its connections and its threads.</summary>
internal static class NetworkDefinitions
{
    public static readonly ConfigDefinition[] All =
    [
        Int("broker.id", -1, rule: null, ReadOnly, "This broker's number in the cluster; -1 has one generated."),
        Bool("broker.id.generation.enable", true, ReadOnly, "Whether a broker without a number is given one above reserved.broker.max.id."),
        Int("reserved.broker.max.id", 1000, AtLeast(0), ReadOnly, "The highest number that a person may give a broker; generated ones lie above."),
        Text("broker.rack", null, ReadOnly, "Where the broker stands; replicas of a partition are spread over racks."),
        Text("listeners", "PLAINTEXT://:9092", ReadOnly, "Where the broker listens: NAME://HOST:PORT, separated by commas."),
        Text("advertised.listeners", null, ReadOnly, "The addresses that clients connect to; the listeners themselves where this is not set."),
        Text("listener.security.protocol.map", "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT", ReadOnly,
            "The protection of each listener by name."),
        Text("inter.broker.listener.name", null, ReadOnly, "The listener over which brokers talk to each other."),
        Choice("security.inter.broker.protocol", "PLAINTEXT", ReadOnly,
            "The protection of the connections between brokers, where inter.broker.listener.name is not set.", "PLAINTEXT", "SSL", "SASL_PLAINTEXT",
                "SASL_SSL"),
        Text("control.plane.listener.name", null, ReadOnly, "A listener of its own for the controller's requests."),
        Release("inter.broker.protocol.version", "3.9-IV0", ReadOnly, "The version of the protocol between brokers."),
        Int("socket.request.max.bytes", 104857600, AtLeast(1), ReadOnly, "The longest request in bytes; a longer one closes its connection."),
        Int("socket.send.buffer.bytes", 102400, rule: null, ReadOnly, "SO_SNDBUF of the connections; -1 leaves it to the system."),
        Int("socket.receive.buffer.bytes", 102400, rule: null, ReadOnly, "SO_RCVBUF of the connections; -1 leaves it to the system."),
        Int("socket.listen.backlog.size", 50, AtLeast(1), ReadOnly, "How many connections may wait to be accepted."),
        Long("queued.max.request.bytes", BrokerConfig.DefaultQueuedRequestBytes, rule: null, ReadOnly,
            "Bytes that all requests over 64 KiB may hold at once; -1 is without a limit."),
        Int("queued.max.requests", 500, AtLeast(1), ReadOnly, "Requests that may wait for a thread; this broker's requests wait in their sockets instead."),
        Int("max.connections", int.MaxValue, AtLeast(0), ClusterWide, "Connections at one time; further ones wait to be accepted."),
        Int("max.connections.per.ip", int.MaxValue, AtLeast(0), ClusterWide, "Connections from one address; further ones are closed."),
        Text("max.connections.per.ip.overrides", "", ClusterWide, "Limits for single addresses: ADDRESS:NUMBER, separated by commas."),
        Int("max.connection.creation.rate", int.MaxValue, AtLeast(0), ReadOnly, "Accepted for Kafka's sake: new connections are not limited by time here."),
        Long("connections.max.idle.ms", 600000, rule: null, ReadOnly, "How long a connection may say nothing before it is closed."),
        Long("connections.max.reauth.ms", 0, rule: null, ReadOnly, "How long an authentication holds; 0 is for ever."),
        Int("connection.failed.authentication.delay.ms", 100, AtLeast(0), ReadOnly, "How long the close after a failed authentication is held back."),
        Int("request.timeout.ms", 30000, rule: null, ReadOnly, "How long the broker waits for answers to its own requests."),
        Int("num.network.threads", 3, AtLeast(1), ClusterWide, "Accepted for Kafka's sake: connections here share the process's thread pool."),
        Int("num.io.threads", 8, AtLeast(1), ClusterWide, "Accepted for Kafka's sake: requests here share the process's thread pool."),
        Int("background.threads", 10, AtLeast(1), ClusterWide, "Threads for the chores of the broker."),
        Int("max.request.partition.size.limit", 2000, AtLeast(1), ReadOnly, "Partitions that one request may ask to be described."),
        Int("controller.quota.window.num", 11, AtLeast(1), ReadOnly, "Samples kept for quotas on controller mutations."),
        Int("controller.quota.window.size.seconds", 1, AtLeast(1), ReadOnly, "Length of one sample for quotas on controller mutations."),
        Int("quota.window.num", 11, AtLeast(1), ReadOnly, "Samples kept for client quotas."),
        Int("quota.window.size.seconds", 1, AtLeast(1), ReadOnly, "Length of one sample for client quotas."),
        Text(BrokerConfig.MetricsListenerKey, null, ReadOnly, "HOST:PORT of this broker's metrics and health pages; not a key of Kafka's. Empty has none."),
        Choice(BrokerConfig.LogFormatKey, "text", ReadOnly, "How the broker's own log lines are written; not a key of Kafka's.", "text", "json"),
        Int("metrics.num.samples", 2, AtLeast(1), ReadOnly, "Samples kept for client metrics; accepted for Kafka's sake."),
        Long("metrics.sample.window.ms", 30000, AtLeast(1), ReadOnly, "Length of one sample for client metrics; accepted for Kafka's sake."),
        Choice("metrics.recording.level", "INFO", ReadOnly, "Which metrics are recorded; accepted for Kafka's sake.", "INFO", "DEBUG", "TRACE"),
        List("metric.reporters", "", rule: null, ClusterWide, "Classes of Kafka's that report metrics; none can be loaded here."),
        Bool("auto.include.jmx.reporter", true, ReadOnly, "Accepted for Kafka's sake: there is no JMX here."),
    ];
}
