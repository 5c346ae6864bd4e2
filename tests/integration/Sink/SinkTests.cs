using System.Globalization;
using System.Text.RegularExpressions;
using Confluent.Kafka;
using Game.Contracts;
using Game.HdfsSink;
using Game.HdfsSink.Consuming;
using Game.LocalWebHdfs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Integration.Tests.Sink;

/// <summary>The sink in this process, between a broker and a local WebHDFS server that only it uses.</summary>
public sealed class SinkTests : IAsyncLifetime
{
    private const int Partitions = 3;

    private readonly TempFolder _folder = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly string _url = $"http://127.0.0.1:{FreePorts.Take()}";
    private readonly HttpClient _http = new();
    private BrokerProcess _broker = null!;
    private WebApplication _hdfs = null!;

    private string Warehouse => Path.Combine(_folder["hdfs"], "warehouse");

    public async ValueTask InitializeAsync()
    {
        _broker = await BrokerProcess.StartAsync(_folder["broker"]);
        _hdfs = LocalWebHdfsServer.Build(_folder["hdfs"], "http://127.0.0.1:0");
        await _hdfs.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _hdfs.StopAsync();
        await _hdfs.DisposeAsync();
        await _broker.DisposeAsync();
        _folder.Dispose();
        _http.Dispose();
        _stop.Dispose();
    }

    [Fact]
    public async Task A_misplaced_file_stops_its_partition_and_no_other()
    {
        string claim = Path.Combine(Warehouse, Topics.Labels, "_commits", "1", "0");
        Directory.CreateDirectory(Path.GetDirectoryName(claim)!);
        await File.WriteAllTextAsync(claim, "not a manifest");
        Task<int> running = SinkProcess.RunAsync(Settings(_hdfs.Urls.Single()), _url, _stop.Token);
        await ReadyAsync();
        await WriteAsync(Topics.Labels);

        await Until.HoldsAsync("the other partitions are written", Kafka.Patience, () => Task.FromResult(Written(Topics.Labels).Length == Partitions - 1));
        Written(Topics.Labels).ShouldAllBe(file => !file.Contains("+1+0+", StringComparison.Ordinal));
        await Until.HoldsAsync("the lag is shown", Kafka.Patience, async () => await MetricAsync("hdfs_sink_lag", "partition=\"0\"") == 0);
        (await MetricAsync("hdfs_sink_partitions_refused", "")).ShouldBe(1);
        using HttpResponseMessage ready = await _http.GetAsync(new Uri(_url + "/readyz"));
        (await ready.Content.ReadAsStringAsync()).ShouldContain("/warehouse/labels/_commits/1/0 is not a manifest");
        await _stop.CancelAsync();
        (await running.WaitAsync(Kafka.Patience)).ShouldBe(SinkProcess.Refused);
    }

    [Fact]
    public async Task A_stop_that_could_not_commit_all_records_has_an_exit_code_of_its_own()
    {
        TaskCompletionSource never = new();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using WebApplication stuck = builder.Build();
        stuck.Urls.Add("http://127.0.0.1:0");
        // Every read finds no file; every write hangs.
        stuck.MapGet("/{**path}", () => Results.Text("""{"RemoteException":{"exception":"FileNotFoundException","message":"nothing"}}""", statusCode: 404));
        stuck.MapPut("/{**path}", () => never.Task);
        await stuck.StartAsync();
        Task<int> running = SinkProcess.RunAsync(Settings(stuck.Urls.Single()) with { StopWithin = TimeSpan.FromMilliseconds(200) }, _url, _stop.Token);
        await ReadyAsync();
        await WriteAsync(Topics.Labels);
        await Until.HoldsAsync("it holds records", Kafka.Patience, async () => await MetricAsync("hdfs_sink_held_bytes", "") > 0);
        await _stop.CancelAsync();
        (await running.WaitAsync(Kafka.Patience)).ShouldBe(SinkProcess.Unfinished);
        never.SetResult();
    }

    [Fact]
    public async Task HEAD_on_a_probe_has_the_status_of_GET_and_no_body()
    {
        Task<int> running = SinkProcess.RunAsync(Settings(_hdfs.Urls.Single()), _url, _stop.Token);
        await ReadyAsync();
        foreach (string probe in new[] { "/healthz", "/readyz" })
        {
            using HttpRequestMessage head = new(HttpMethod.Head, _url + probe);
            using HttpResponseMessage answer = await _http.SendAsync(head);
            answer.StatusCode.ShouldBe(System.Net.HttpStatusCode.OK, probe);
            (await answer.Content.ReadAsStringAsync()).ShouldBeEmpty();
        }

        await _stop.CancelAsync();
        (await running.WaitAsync(Kafka.Patience)).ShouldBe(SinkProcess.Stopped);
    }

    [Fact]
    public async Task A_group_learns_the_warehouse_s_positions_before_a_new_record_comes()
    {
        SinkSettings settings = Settings(_hdfs.Urls.Single());
        Task<int> running = SinkProcess.RunAsync(settings, _url, _stop.Token);
        await ReadyAsync();
        await WriteAsync(Topics.Labels);
        await Until.HoldsAsync("all is written", Kafka.Patience, () => Task.FromResult(Written(Topics.Labels).Length == Partitions));
        await _stop.CancelAsync();
        (await running.WaitAsync(Kafka.Patience)).ShouldBe(SinkProcess.Stopped);

        using CancellationTokenSource stop = new();
        running = SinkProcess.RunAsync(settings with { Group = "another" }, _url, stop.Token);
        using IConsumer<Ignore, Ignore> group = new ConsumerBuilder<Ignore, Ignore>(ClientSettings.Consumer(_broker.BootstrapServers, "test", "another"))
            .SetLogHandler((_, _) => { }).Build();
        TopicPartition[] partitions = [.. Enumerable.Range(0, Partitions).Select(partition => new TopicPartition(Topics.Labels, partition))];
        await Until.HoldsAsync("the group knows where the warehouse ends", Kafka.Patience,
            () => Task.FromResult(group.Committed(partitions, Kafka.Patience).TrueForAll(committed => committed.Offset == 1)));
        await stop.CancelAsync();
        (await running.WaitAsync(Kafka.Patience)).ShouldBe(SinkProcess.Stopped);
    }

    private SinkSettings Settings(string hdfs) => new()
    {
        BootstrapServers = _broker.BootstrapServers,
        WebHdfs = [new Uri(hdfs)],
        Topics = [Topics.Labels],
        RotateAfter = TimeSpan.FromMilliseconds(50),
    };

    private Task ReadyAsync()
        => Until.HoldsAsync("partitions are assigned", Kafka.Patience,
        async () => await MetricAsync("hdfs_sink_held_bytes", "") >= 0 && await IsAssignedAsync());

    private async Task<bool> IsAssignedAsync()
    {
        using HttpResponseMessage ready = await _http.GetAsync(new Uri(_url + "/readyz"));
        return !(await ready.Content.ReadAsStringAsync()).Contains("waits for its first assignment", StringComparison.Ordinal);
    }

    private async Task WriteAsync(string topic)
    {
        using IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(ClientSettings.Producer(_broker.BootstrapServers, "test"))
            .SetLogHandler((_, _) => { }).Build();
        for (int partition = 0; partition < Partitions; partition++)
        {
            await producer.ProduceAsync(new TopicPartition(topic, partition),
                new Message<byte[], byte[]> { Key = "event"u8.ToArray(), Value = "{}"u8.ToArray() });
        }
    }

    private string[] Written(string topic)
    {
        string folder = Path.Combine(Warehouse, topic);
        return !Directory.Exists(folder) ? []
            : [.. Directory.GetDirectories(folder, "dt=*").SelectMany(day => Directory.GetFiles(day, "*.parquet", SearchOption.AllDirectories))];
    }

    /// <summary>The value of a metric; −1 where it is not shown.</summary>
    private async Task<long> MetricAsync(string metric, string labels)
    {
        try
        {
            string page = await _http.GetStringAsync(new Uri(_url + "/metrics"));
            Match found = Regex.Match(page, $$"""^{{metric}}\{[^}]*{{Regex.Escape(labels)}}[^}]*\} ([0-9]+)""", RegexOptions.Multiline,
                TimeSpan.FromSeconds(1));
            return found.Success ? long.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture) : -1;
        }
        catch (HttpRequestException) // it does not listen yet
        {
            return -1;
        }
    }
}
