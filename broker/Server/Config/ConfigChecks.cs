namespace Broker.Server.Config;

/// <summary>What keys must satisfy together, and what this broker does not do.</summary>
internal static class ConfigChecks
{
    private static readonly string[] Policies = ["create.topic.policy.class.name", "alter.config.policy.class.name"];

    /// <summary>How the names of the settings of ZooKeeper's Java client begin that protect its connection.</summary>
    private static readonly string[] ClientSecurity = ["zookeeper.ssl.", "zookeeper.sasl.", "zookeeper.clientCnxnSocket"];

    /// <exception cref="ConfigException">One sentence naming the key.</exception>
    public static void Check(BrokerConfig config)
    {
        CheckNotBuilt(config);
        CheckTopicDefaults(config);
        if (config.QueuedMaxRequestBytes > 0 && config.QueuedMaxRequestBytes < config.MaxRequestBytes)
        {
            throw new ConfigException(
                $"queued.max.request.bytes ({config.QueuedMaxRequestBytes}) must not be smaller than socket.request.max.bytes ({config.MaxRequestBytes}), or a request could wait for ever.");
        }

        if (config.BrokerId >= 0 && config.BrokerIdGeneration && config.BrokerId > config.ReservedBrokerMaxId)
        {
            throw new ConfigException(
                $"broker.id ({config.BrokerId}) must not be above reserved.broker.max.id ({config.ReservedBrokerMaxId}), where generated numbers begin.");
        }

        if (config.LogDirs.Count == 0 || config.LogDirs.Contains(""))
        {
            throw new ConfigException("log.dirs must name at least one folder and no empty one.");
        }
        if (config.MaxConnectionsPerIp == 0 && config.ConnectionsPerIpOverrides.Count == 0)
        {
            throw new ConfigException("max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides is set.");
        }

        if (config.GroupMinSessionTimeoutMs > config.GroupMaxSessionTimeoutMs)
        {
            throw new ConfigException("group.min.session.timeout.ms must not be above group.max.session.timeout.ms.");
        }
    }

    /// <summary>Every topic, whatever it sets itself, has valid settings under this configuration: so no look at them can fail later.</summary>
    private static void CheckTopicDefaults(BrokerConfig config)
    {
        foreach (string key in ConfigDefinitions.Topic.Keys)
        {
            TopicSettings.Inherited(key, config);
        }
        if (TopicSettings.Inherited("retention.ms", config) is 0L)
        {
            throw new ConfigException("log.retention.ms must be unlimited (-1) or, greater than or equal to 1.");
        }
    }

    private static void CheckNotBuilt(BrokerConfig config)
    {
        CheckZooKeeper(config);
        foreach (Listener listener in config.Listeners)
        {
            if (listener.SecurityProtocol == SecurityProtocol.Plaintext)
            {
                continue;
            }
            throw new ConfigException(
                $"listeners names {listener.Name}, which is protected by {ListenerList.NameOf(listener.SecurityProtocol)}: only PLAINTEXT listeners are served yet.");
        }

        if (!string.IsNullOrWhiteSpace(config.Text("authorizer.class.name")))
        {
            throw new ConfigException("authorizer.class.name is set, but this broker has no authorizers yet: leave it empty.");
        }

        if (config.Text(BrokerConfig.ReplicaSelectorKey) is { } selector && !string.IsNullOrWhiteSpace(selector) && !config.IsRackAware)
        {
            throw new ConfigException(
                $"{BrokerConfig.ReplicaSelectorKey} is {selector}, which this broker cannot load: it knows {BrokerConfig.RackAwareSelector}, and without a class consumers read from the leader.");
        }

        foreach (string policy in Policies)
        {
            if (!string.IsNullOrWhiteSpace(config.Text(policy)))
            {
                throw new ConfigException(
                    $"{policy} is set, but this broker cannot load Kafka's classes and would let pass what the policy forbids: leave it empty.");
            }
        }

        if (config.Bool("zookeeper.metadata.migration.enable"))
        {
            throw new ConfigException("zookeeper.metadata.migration.enable must be false: this broker has no KRaft mode to migrate to.");
        }
    }

    /// <summary>Debian's build of ZooKeeper's C client has neither SASL nor TLS.</summary>
    private static void CheckZooKeeper(BrokerConfig config)
    {
        if (config.Bool("zookeeper.set.acl"))
        {
            throw new ConfigException("zookeeper.set.acl must be false: this broker cannot authenticate at ZooKeeper yet; let only brokers reach its port.");
        }
        if (config.AllGiven.Keys.Order(StringComparer.Ordinal).FirstOrDefault(key => IsClientSecurity(key, config)) is { } refused)
        {
            throw new ConfigException($"{refused} is set, but this broker reaches ZooKeeper without TLS and SASL yet: remove it, and let only brokers reach its port.");
        }
    }

    private static bool IsClientSecurity(string key, BrokerConfig config) =>
        Array.Exists(ClientSecurity, prefix => key.StartsWith(prefix, StringComparison.Ordinal)) && config.Given(key) is not ("" or "false");
}
