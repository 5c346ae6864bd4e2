using Confluent.Kafka;
using Game.Contracts;

namespace Integration.Tests.Clients;

/// <summary>What game server, detector and sink do with topics that exist already, with a real broker.</summary>
public sealed class TopicSetupTests(OneBroker broker) : IDisposable
{
    private readonly IAdminClient _admin = Kafka.Admin(broker.BootstrapServers);
    private readonly List<string> _warnings = [];

    public void Dispose() => _admin.Dispose();

    private TopicSpec Spec(string about) => new Topics(2)[Topics.PlayerEvents] with { Name = broker.FreshName(about) };

    [Fact]
    public async Task A_missing_topic_is_created_and_found_as_it_was_created()
    {
        TopicSpec topic = Spec("created");
        await TopicSetup.EnsureAsync(_admin, [topic], _warnings.Add);
        await TopicSetup.EnsureAsync(_admin, [topic], _warnings.Add);
        _warnings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("retention.ms", "604800000")]
    [InlineData("retention.bytes", "1000000")]
    [InlineData("cleanup.policy", "compact")]
    public async Task A_topic_that_was_created_so_that_it_loses_events_is_refused_before_anything_is_created(string setting, string value)
    {
        TopicSpec lossy = Spec("lossy"), other = Spec("other");
        await _admin.CreateTopicAsync(lossy.Name, lossy.Partitions,
            [.. lossy.Configs.Select(config => (config.Key, config.Key == setting ? value : config.Value))]);
        (await Should.ThrowAsync<TopicMismatchException>(() => TopicSetup.EnsureAsync(_admin, [other, lossy],
            _warnings.Add))).Message.ShouldContain($"{setting}={value}");
        _admin.GetMetadata(Kafka.Patience).Topics.ShouldNotContain(topic => topic.Topic == other.Name);
    }

    [Fact]
    public async Task A_retention_that_comes_from_the_brokers_default_is_refused_too()
    {
        TopicSpec topic = Spec("default");
        await _admin.CreateTopicAsync(topic.Name, topic.Partitions);
        (await Should.ThrowAsync<TopicMismatchException>(() => TopicSetup.EnsureAsync(_admin, [topic],
            _warnings.Add))).Message.ShouldContain("retention.ms=604800000");
    }

    [Fact]
    public async Task A_weak_setting_is_a_warning()
    {
        TopicSpec topic = Spec("weak");
        await _admin.CreateTopicAsync(topic.Name, topic.Partitions,
            [.. topic.Configs.Select(config => (config.Key, config.Value)), ("max.message.bytes", "5000")]);
        await TopicSetup.EnsureAsync(_admin, [topic], _warnings.Add);
        _warnings.ShouldHaveSingleItem().ShouldContain("max.message.bytes=5000");
    }
}
