using System.Text.Json;
using Confluent.Kafka;
using Faults.Tests.Brokers;
using Running;

namespace Faults.Tests.Clusters;

/// <summary>Apache's verifiable consumer: a member of a group with Java's client, which commits what it has read.</summary>
internal sealed class JavaConsumer : IAsyncDisposable
{
    private static readonly TimeSpan EndTimeout = TimeSpan.FromMinutes(1);
    private readonly RunningProgram _program;

    public JavaConsumer(string bootstrap, string group, string topic)
    {
        Readings = new Readings(group);
        _program = RunningProgram.Start(Peers.Launcher("kafka"), ["verifiable-consumer", "--bootstrap-server", bootstrap, "--topic", topic,
            "--group-id", group, "--reset-policy", "earliest", "--verbose"], onOutput: Take);
    }

    public Readings Readings { get; }

    /// <summary>Waits until all records up to these ends have been read.</summary>
    public Task SeenAsync(IReadOnlyDictionary<TopicPartition, long> ends)
        => Until.HoldsAsync("Java's member has seen all records", TimeSpan.FromMinutes(1), () =>
    {
        Readings.Failure.ShouldBeNull();
        _program.HasExited.ShouldBeFalse(_program.Said);
        return Readings.HasAll(ends);
    });

    /// <summary>Ends it in order: it commits and leaves its group.</summary>
    public async Task FinishAsync()
    {
        _program.Send(Signal.Terminate);
        await _program.ExitAsync(EndTimeout);
    }

    public ValueTask DisposeAsync() => _program.DisposeAsync();

    private void Take(string line)
    {
        if (!line.StartsWith('{'))
        {
            return;
        }
        using JsonDocument document = JsonDocument.Parse(line);
        JsonElement said = document.RootElement;
        if (said.GetProperty("name").GetString() == "record_data")
        {
            Readings.Note(said.GetProperty("partition").GetInt32(), said.GetProperty("offset").GetInt64(), said.GetProperty("value").GetString()!);
        }
    }
}
