using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Game.Contracts;
using Integration.Tests.Support;

namespace Integration.Tests.Whole;

/// <summary><c>./game label</c>: a verdict on an alert becomes a record of the topic <c>labels</c>.</summary>
public sealed class LabelTests : IAsyncLifetime
{
    private const string AlertId = "wealth-change/0123456789ab/1/7";

    private readonly TempFolder _home = new();
    private BrokerProcess _broker = null!;

    public async ValueTask InitializeAsync()
    {
        _broker = await BrokerProcess.StartAsync(_home["broker"]);
        using IAdminClient admin = new AdminClientBuilder(ClientSettings.Admin(_broker.BootstrapServers, "test")).Build();
        await admin.CreateTopicsAsync([.. new[] { Topics.Alerts, Topics.Labels }.Select(topic => new TopicSpecification { Name = topic, NumPartitions = 3 })]);
        using IProducer<string, byte[]> producer = new ProducerBuilder<string, byte[]>(ClientSettings.Producer(_broker.BootstrapServers, "test")).Build();
        await producer.ProduceAsync(new TopicPartition(Topics.Alerts, 1), new Message<string, byte[]> { Key = "p-1", Value = "no alert"u8.ToArray() });
        await producer.ProduceAsync(new TopicPartition(Topics.Alerts, 1), new Message<string, byte[]> { Key = "p-1", Value = ContractJson.Encode(Alert()) });
    }

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        _home.Dispose();
    }

    [Fact]
    public async Task A_verdict_is_written_for_the_alert_s_player()
    {
        CommandResult result = await LabelAsync(AlertId, "fraud", "--source", "anna");
        result.ExitCode.ShouldBe(0, result.Said);
        result.Output.ShouldBe("p-1: fraud, says anna. The alert: all gold is gone\n");

        ConsumerConfig config = ClientSettings.Consumer(_broker.BootstrapServers, "test", "test");
        using IConsumer<string, byte[]> consumer = new ConsumerBuilder<string, byte[]>(config).Build();
        consumer.Assign(Enumerable.Range(0, 3).Select(partition => new TopicPartitionOffset(Topics.Labels, partition, Offset.Beginning)));
        Message<string, byte[]> message = consumer.Consume(Kafka.Patience).Message;
        message.Key.ShouldBe(AlertId);
        message.Headers.GetLastBytes(Schemas.HeaderName).ShouldBe(Schemas.Label);
        ContractJson.TryDecode(message.Value, out Label label, out string error).ShouldBeTrue(error);
        (label.UserId, label.Verdict, label.Source).ShouldBe(("p-1", "fraud", "anna"));
    }

    [Theory]
    [InlineData("wealth-change/0123456789ab/1/8", "There is no alert")]
    [InlineData("wealth-change/0123456789ab/9/7", "There is no alert")]
    public async Task An_alert_that_is_not_there_is_one_sentence(string id, string sentence)
    {
        CommandResult result = await LabelAsync(id, "honest");
        (result.ExitCode, result.Output).ShouldBe((1, ""), result.Said);
        result.Errors.ShouldContain(sentence);
        result.Errors.TrimEnd('\n').ShouldNotContain('\n');
    }

    [Theory]
    [InlineData("what", "fraud", "is no alert's id")]
    [InlineData("a/b/-1/7", "fraud", "is no alert's id")]
    [InlineData(AlertId, "guilty", "guilty")]
    public async Task A_bad_argument_is_an_error_of_one_line(string id, string verdict, string sentence)
    {
        CommandResult result = await LabelAsync(id, verdict);
        result.ExitCode.ShouldBe(2, result.Said);
        result.Errors.ShouldContain(sentence);
        result.Errors.TrimEnd('\n').ShouldNotContain('\n');
    }

    private Task<CommandResult> LabelAsync(string id, string verdict, params string[] others) => Command.RunAsync(Programs.PathOf("game-cli"),
        ["label", id, verdict, "--bootstrap-server", _broker.BootstrapServers, .. others], Programs.Environment(_home.Path));

    private static Alert Alert() => new()
    {
        AlertId = AlertId, Rule = "wealth-change", RuleVersion = "0123456789ab", Severity = AlertSeverity.Warning, Score = 0.7, UserId = "p-1",
        EventId = Guid.CreateVersion7(), Ts = 1_795_000_000_000, DetectedAt = 1_795_000_000_001, SourceTopic = Topics.PlayerEvents, SourcePartition = 1,
        SourceOffset = 7, Reason = "all gold is gone", Features = new Dictionary<string, double>(), WindowEvents = 1, WindowFrom = 1_795_000_000_000,
        WindowTo = 1_795_000_000_000,
    };
}
