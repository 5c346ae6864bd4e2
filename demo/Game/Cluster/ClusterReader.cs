using Confluent.Kafka;
using Game.Cli.Processes;
using Game.Contracts;

namespace Game.Cli.Cluster;

/// <summary>
/// Reads the state of a system's cluster: leaders and replicas from any broker, and the controller from the brokers' metrics. (Asked for the controller while a
/// broker starts, librdkafka's admin client, 2.16, ends the process.)
/// </summary>
internal sealed class ClusterReader : IDisposable
{
    private const string ControllerMetric = "broker_controller_active_controller_count";

    /// <summary>A broker that is paused does not answer; the next request may go to another one.</summary>
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(1);

    private readonly IAdminClient _admin;
    private readonly HttpClient _http = new() { Timeout = RequestTimeout };
    private readonly IReadOnlyList<string> _metrics;

    public ClusterReader(Endpoints endpoints, string clientId)
    {
        _admin = new AdminClientBuilder(ClientSettings.Admin(endpoints.BootstrapServers, clientId)).SetLogHandler((_, _) => { }).Build();
        _metrics = endpoints.MetricsOfBrokers ?? [];
    }

    /// <returns>The state; null where the broker that was asked does not answer or is still starting.</returns>
    public async Task<ClusterState?> ReadAsync()
    {
        bool[] controllers = await Task.WhenAll(_metrics.Select(IsControllerAsync));
        int index = Array.IndexOf(controllers, true);
        try
        {
            Metadata metadata = await Task.Run(() => _admin.GetMetadata(RequestTimeout));
            return metadata.Brokers.Count == 0 ? null : ClusterState.Of(metadata, index < 0 ? null : index + 1);
        }
        catch (KafkaException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _admin.Dispose();
    }

    private async Task<bool> IsControllerAsync(string metrics)
    {
        try
        {
            string page = await _http.GetStringAsync($"http://{metrics}/metrics");
            return page.Split('\n').Any(line => line.StartsWith(ControllerMetric, StringComparison.Ordinal) && line.EndsWith(" 1", StringComparison.Ordinal));
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }
}
