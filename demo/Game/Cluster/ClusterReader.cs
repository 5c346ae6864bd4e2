using Confluent.Kafka;
using Game.Cli.Processes;
using Game.Contracts;

namespace Game.Cli.Cluster;

/// <summary>
/// Reads the state of a system's cluster from its controller, which knows it first; the brokers' metrics say who that is. (Asked for the controller while a
/// broker starts, librdkafka's admin client, 2.16, ends the process.)
/// </summary>
internal sealed class ClusterReader : IDisposable
{
    private const string ControllerMetric = "broker_controller_active_controller_count";

    /// <summary>A broker that is paused does not answer.</summary>
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(1);

    /// <summary>The id that librdkafka gives to the broker that a client was told of, as long as its connection lasts.</summary>
    private const int Bootstrap = -1;

    private readonly HttpClient _http = new() { Timeout = RequestTimeout };
    private readonly IReadOnlyList<string> _metrics;
    private readonly IReadOnlyList<string> _brokers;
    private readonly string _clientId;
    private (int Broker, IAdminClient Admin)? _client;

    public ClusterReader(Endpoints endpoints, string clientId)
    {
        _metrics = endpoints.MetricsOfBrokers ?? [];
        _brokers = endpoints.BootstrapServers.Split(',');
        _clientId = clientId;
    }

    /// <summary>Reads the state; one call at a time.</summary>
    /// <returns>
    /// The state; null while no broker says that it is the controller, while two do (one was paused and has not noticed yet), and where the controller does not
    /// answer.
    /// </returns>
    public async Task<ClusterState?> ReadAsync()
    {
        bool[] controllers = await Task.WhenAll(_metrics.Select(IsControllerAsync));
        if (controllers.Count(controls => controls) != 1)
        {
            return null;
        }

        int controller = Array.IndexOf(controllers, true) + 1;
        try
        {
            IAdminClient admin = ClientOf(controller);
            Metadata metadata = await Task.Run(() => admin.GetMetadata(RequestTimeout));
            if (metadata.Brokers.Count > 0 && (metadata.OriginatingBrokerId == Bootstrap || metadata.OriginatingBrokerId == controller))
            {
                return ClusterState.Of(metadata, controller);
            }
        }
        catch (KafkaException)
        {
            // As where another broker has answered, the next call connects anew.
        }

        Disconnect();
        return null;
    }

    public void Dispose()
    {
        _http.Dispose();
        Disconnect();
    }

    /// <summary>A client knows one broker, and keeps asking it until it loses the connection.</summary>
    private IAdminClient ClientOf(int broker)
    {
        if (_client is { } client && client.Broker == broker)
        {
            return client.Admin;
        }

        Disconnect();
        IAdminClient admin = new AdminClientBuilder(ClientSettings.Admin(_brokers[broker - 1], _clientId)).SetLogHandler((_, _) => { }).Build();
        _client = (broker, admin);
        return admin;
    }

    private void Disconnect()
    {
        _client?.Admin.Dispose();
        _client = null;
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
