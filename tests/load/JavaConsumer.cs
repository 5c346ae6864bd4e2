using System.Text.Json;
using Confluent.Kafka;
using Running;

namespace Load;

/// <summary>Apache's verifiable consumer: a member of a group with Java's client, which commits what it has read.</summary>
public sealed class JavaConsumer : IAsyncDisposable
{
    private readonly VerifiableClient _client;

    public JavaConsumer(string bootstrap, string group, string topic)
    {
        Readings = new Readings(group);
        _client = new VerifiableClient("verifiable-consumer", ["--bootstrap-server", bootstrap, "--topic", topic,
            "--group-id", group, "--reset-policy", "earliest", "--verbose"], Take);
    }

    public Readings Readings { get; }

    /// <summary>Waits until all records up to these ends have been read.</summary>
    public Task SeenAsync(IReadOnlyDictionary<TopicPartition, long> ends)
        => Until.HoldsAsync("Java's member has seen all records", TimeSpan.FromMinutes(1), () =>
    {
        Readings.Failure.ShouldBeNull();
        _client.ShouldRun();
        return Readings.HasAll(ends);
    });

    /// <summary>Ends it in order: it commits and leaves its group.</summary>
    public Task FinishAsync() => _client.FinishAsync();

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private void Take(string name, JsonElement said)
    {
        if (name == "record_data")
        {
            Readings.Note(said.GetProperty("partition").GetInt32(), said.GetProperty("offset").GetInt64(), said.GetProperty("value").GetString()!);
        }
    }
}
