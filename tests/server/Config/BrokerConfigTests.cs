using Broker.Server.Config;
using Broker.Storage;

namespace Broker.Server.Tests.Config;

public class BrokerConfigTests
{
    [Fact]
    public void Every_default_satisfies_its_own_definition()
    {
        foreach (ConfigDefinition definition in ConfigDefinitions.Broker.Values.Concat(ConfigDefinitions.Topic.Values))
        {
            definition.TryParse(definition.Default, out _, out string error).ShouldBeTrue(error);
            definition.Documentation.ShouldEndWith(".");
            foreach (ConfigSynonym synonym in definition.Synonyms)
            {
                ConfigDefinitions.Broker.ContainsKey(synonym.Name).ShouldBeTrue(synonym.Name);
            }
        }
    }

    [Fact]
    public void Kafkas_defaults_hold_where_nothing_is_given()
    {
        BrokerConfig config = Of();
        config.Listeners.ShouldBe([new Listener("PLAINTEXT", SecurityProtocol.Plaintext, "", 9092)]);
        config.LogDirs.ShouldBe(["/tmp/kafka-logs"]);
        config.OffsetsTopicReplicationFactor.ShouldBe((short)3);
        config.MaxRequestBytes.ShouldBe(104857600);
        config.MetricsListener.ShouldBeNull();
    }

    [Theory]
    [InlineData("num.partitions", "many", "Invalid value many for configuration num.partitions: Not a number of type INT.")]
    [InlineData("num.partitions", "0", "Invalid value 0 for configuration num.partitions: Value must be at least 1.")]
    [InlineData("auto.create.topics.enable", "yes",
        "Invalid value yes for configuration auto.create.topics.enable: Expected value to be either true or false.")]
    [InlineData("log.cleanup.policy", "delete,shred", "Invalid value shred for configuration log.cleanup.policy: String must be one of: compact, delete.")]
    [InlineData("zookeeper.set.acl", "true", "must be false")]
    [InlineData("zookeeper.ssl.client.enable", "true", "without TLS and SASL")]
    [InlineData("zookeeper.ssl.keystore.location", "/k", "without TLS and SASL")]
    [InlineData("zookeeper.clientCnxnSocket", "org.apache.zookeeper.ClientCnxnSocketNetty", "without TLS and SASL")]
    [InlineData("listeners", "PLAINTEXT:9092", "listeners has 'PLAINTEXT:9092', which is not NAME://HOST:PORT.")]
    [InlineData("listeners", "SSL://:9093", "PLAINTEXT")]
    [InlineData("listeners", "OTHER://:9093", "listener.security.protocol.map")]
    [InlineData("listeners", "PLAINTEXT://0.0.0.0:9092", "advertised.listeners")]
    [InlineData("listeners", "PLAINTEXT://:9092,PLAINTEXT://:9093", "twice")]
    [InlineData("queued.max.request.bytes", "1000", "socket.request.max.bytes")]
    [InlineData("broker.id", "1001", "reserved.broker.max.id")]
    [InlineData("max.connections.per.ip.overrides", "here", "ADDRESS:NUMBER")]
    [InlineData("log.dirs", "/a,,/b", "log.dirs")]
    [InlineData("log.roll.ms", "0", "Value must be at least 1")]
    [InlineData("log.roll.jitter.ms", "-1", "Value must be at least 0")]
    [InlineData("log.retention.ms", "0", "log.retention.ms must be unlimited (-1) or, greater than or equal to 1.")]
    [InlineData("log.flush.interval.ms", "-1", "Value must be at least 0")]
    [InlineData("log.flush.scheduler.interval.ms", "-1", "Value must be at least 0")]
    [InlineData("log.message.format.version", "9.9", "Version 9.9 is not a valid version")]
    [InlineData("max.connections.per.ip", "0", "max.connections.per.ip.overrides")]
    [InlineData("create.topic.policy.class.name", "com.example.Policy", "leave it empty")]
    [InlineData("alter.config.policy.class.name", "com.example.Policy", "leave it empty")]
    [InlineData("replica.selector.class", "com.example.Selector", "org.apache.kafka.common.replica.RackAwareReplicaSelector")]
    public void What_cannot_be_is_refused_in_one_sentence_that_names_it(string key, string value, string part)
    {
        string message = Should.Throw<ConfigException>(() => Of((key, value))).Message;
        message.ShouldContain(part);
        message.ShouldContain(key);
        message.ShouldEndWith(".");
    }

    [Fact]
    public void A_password_never_shows()
    {
        ConfigDefinition secret = ConfigDefinitions.Broker["sasl.jaas.config"] with { Rule = ConfigRule.OneOf("nothing") };
        secret.TryParse("hunter2", out _, out string error).ShouldBeFalse();
        error.ShouldNotContain("hunter2");
    }

    [Fact]
    public void Listeners_may_have_names_of_their_own()
    {
        BrokerConfig config = Of(
            ("listeners", "INTERNAL://127.0.0.1:0,EXTERNAL://[::1]:9094"),
            ("listener.security.protocol.map", "INTERNAL:PLAINTEXT,EXTERNAL:PLAINTEXT"),
            ("advertised.listeners", "INTERNAL://a.example:1,EXTERNAL://b.example:2"),
            ("inter.broker.listener.name", "INTERNAL"));
        config.Listeners[1].ShouldBe(new Listener("EXTERNAL", SecurityProtocol.Plaintext, "::1", 9094));
        config.AdvertisedListeners[1].ShouldBe(new Listener("EXTERNAL", SecurityProtocol.Plaintext, "b.example", 2));
        config.InterBrokerListener.Name.ShouldBe("INTERNAL");
    }

    [Theory]
    [InlineData("log.retention.ms", "5", "5")]
    [InlineData("log.retention.minutes", "2", "120000")]
    [InlineData("log.retention.hours", "1", "3600000")]
    [InlineData("log.retention.minutes", "-1", "-1")]
    public void Topics_take_their_retention_from_the_finest_key_that_is_given(string key, string value, string expected)
    {
        TopicSettings.DefaultText(ConfigDefinitions.Topic["retention.ms"], Of((key, value))).ShouldBe(expected);
        TopicSettings.DefaultText(ConfigDefinitions.Topic["retention.ms"], Of()).ShouldBe("604800000");
    }

    [Fact]
    public void A_topics_own_value_wins()
    {
        Dictionary<string, string> own = new(StringComparer.Ordinal) { ["retention.ms"] = "7" };
        TopicSettings.Value("retention.ms", own, Of(("log.retention.ms", "5"))).ShouldBe(7L);
        TopicSettings.Violation(own, Of()).ShouldBeNull();
        own["retention.ms"] = "-2";
        TopicSettings.Violation(own, Of())?.Sentence.ShouldBe("Invalid value -2 for configuration retention.ms: Value must be at least -1");
    }

    private static BrokerConfig Of(params (string Key, string Value)[] given) => new(given.ToDictionary(g => g.Key, g => g.Value, StringComparer.Ordinal));

    /// <summary>What looks at a topic's settings must never fail: so no value that a broker takes may make one that a topic cannot have.</summary>
    [Fact]
    public void No_configuration_that_is_accepted_gives_a_topic_a_value_it_cannot_have()
    {
        string[] values = ["-9223372036854775808", "-2147483648", "-2", "-1", "0", "1", "2147483647", "9223372036854775807", "", "x", "1.5", "zstd", "compact"];
        Dictionary<string, string> none = new();
        foreach (ConfigSynonym synonym in ConfigDefinitions.Topic.Values.SelectMany(definition => definition.Synonyms))
        {
            foreach (string value in values)
            {
                if (Accepted(synonym.Name, value) is { } config)
                {
                    Should.NotThrow(() => Broker.Server.Metadata.TopicLogConfig.Of(none, config), $"{synonym.Name}={value}");
                }
            }
        }

        static BrokerConfig? Accepted(string key, string value)
        {
            try
            {
                return Of((key, value));
            }
            catch (ConfigException)
            {
                return null;
            }
        }
    }

    [Theory]
    [InlineData("log.retention.ms", "-2", -1)]
    [InlineData("log.retention.minutes", "-7", -1)]
    [InlineData("log.retention.hours", "2", 7_200_000)]
    public void Any_negative_retention_is_for_ever(string key, string value, long expected)
    => TopicSettings.Inherited("retention.ms", Of((key, value))).ShouldBe(expected);

    [Theory]
    [InlineData("3.9", true)]
    [InlineData("3.0-IV1", true)]
    [InlineData("0.10.2.1", true)]
    [InlineData("2.8.1", true)]
    [InlineData("3.0-IV2", false)]
    [InlineData("0.10", false)]
    [InlineData("3.10", false)]
    [InlineData("", false)]
    public void Releases_are_those_up_to_3_9(string version, bool isKnown) => (ConfigRule.Release.Violation(version) is null).ShouldBe(isKnown);

    [Theory]
    [InlineData("*", true)]
    [InlineData("0:1,12:3", true)]
    [InlineData("", true)]
    [InlineData("abc", false)]
    [InlineData("1:1:1", false)]
    [InlineData("1:", false)]
    [InlineData("1:1,*", false)]
    public void Throttled_replicas_are_all_or_pairs(string text, bool isFine)
    => ConfigDefinitions.Topic["leader.replication.throttled.replicas"].TryParse(text, out _, out _).ShouldBe(isFine);

    [Fact]
    public void The_difference_of_timestamps_holds_on_each_side_that_nothing_more_exact_is_said_of()
    {
        LogConfig Topic(params (string Key, string Value)[] settings)
            => Broker.Server.Metadata.TopicLogConfig.Of(settings.ToDictionary(s => s.Key, s => s.Value), Of());
        Topic(("message.timestamp.difference.max.ms", "5")).ShouldSatisfyAllConditions(c => c.TimestampBeforeMaxMs.ShouldBe(5),
            c => c.TimestampAfterMaxMs.ShouldBe(5));
        Topic(("message.timestamp.difference.max.ms", "5"), ("message.timestamp.before.max.ms", "7"))
            .ShouldSatisfyAllConditions(c => c.TimestampBeforeMaxMs.ShouldBe(7), c => c.TimestampAfterMaxMs.ShouldBe(5));
        TopicSettings.Inherited("message.timestamp.after.max.ms", Of(("log.message.timestamp.difference.max.ms", "77"))).ShouldBe(77L);
    }
}
