using System.Globalization;
using System.Text.Json;
using Running;

namespace Load;

/// <summary>Apache's verifiable producer: Java's client, idempotent, with Java's defaults. Its records are numbered over all partitions together.</summary>
public sealed class JavaProducer : IWriter, IAsyncDisposable
{
    private readonly List<Acknowledged>[] _acknowledged;
    private readonly List<string> _errors = [];
    private readonly Action<int> _onAcknowledged;
    private readonly VerifiableClient _client;

    /// <param name="folder">Gets its settings.</param>
    /// <param name="bootstrap">Of the cluster.</param>
    /// <param name="number">Its name; the tool takes numbers only.</param>
    /// <param name="topic">Where its records go.</param>
    /// <param name="partitions">Of the topic.</param>
    /// <param name="rate">Records a second.</param>
    /// <param name="onAcknowledged">Gets the partition of each acknowledged record.</param>
    public JavaProducer(TempFolder folder, string bootstrap, int number, string topic, int partitions, int rate, Action<int> onAcknowledged)
    {
        Name = number.ToString(CultureInfo.InvariantCulture);
        _acknowledged = [.. Enumerable.Range(0, partitions).Select(_ => new List<Acknowledged>())];
        _onAcknowledged = onAcknowledged;
        // The tool's own setting is no retry at all.
        string settings = folder.WriteFile("java-producer.properties", $"retries={int.MaxValue}\nenable.idempotence=true\nacks=all\n");
        _client = new VerifiableClient("verifiable-producer", ["--bootstrap-server", bootstrap, "--topic", topic,
            "--throughput", rate.ToString(CultureInfo.InvariantCulture), "--value-prefix", Name, "--producer.config", settings], Take);
    }

    public string Name { get; }

    public bool IsIdempotent => true;

    public int Unanswered => Errors.Count;

    /// <summary>Of records that were given up.</summary>
    public IReadOnlyList<string> Errors
    {
        get
        {
            lock (_errors)
            {
                return [.. _errors];
            }
        }
    }

    public IReadOnlyList<Acknowledged> Of(int partition) => _acknowledged[partition];

    /// <summary>Stops sending and waits until everything sent is acknowledged.</summary>
    public Task FinishAsync() => _client.FinishAsync();

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private void Take(string name, JsonElement said)
    {
        switch (name)
        {
            case "producer_send_success":
                int partition = said.GetProperty("partition").GetInt32();
                _acknowledged[partition].Add(new Acknowledged(NumberIn(said), said.GetProperty("offset").GetInt64()));
                _onAcknowledged(partition);
                break;
            case "producer_send_error":
                lock (_errors)
                {
                    _errors.Add($"record {NumberIn(said)}: {said.GetProperty("exception").GetString()} {said.GetProperty("message").GetString()}");
                }
                break;
            default:
                break; // its start and its end
        }
    }

    private int NumberIn(JsonElement said)
        => int.Parse(said.GetProperty("value").GetString().AsSpan(Name.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture);
}
