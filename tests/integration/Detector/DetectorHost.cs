using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Game.Detector.Hosting;
using Game.Detector.Rules;

namespace Integration.Tests.Detector;

/// <summary>A detector or filter in this process, over one partition, from its start to its orderly end.</summary>
internal sealed class DetectorHost : IAsyncDisposable
{
    private readonly HttpClient _http;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task<int> _running;

    public DetectorHost(string bootstrapServers, bool isFilter = false)
    {
        string url = $"http://127.0.0.1:{FreePorts.Take()}";
        _http = new HttpClient { BaseAddress = new Uri(url) };
        string group = isFilter ? DetectorOptions.FilterGroup : DetectorOptions.DetectorGroup;
        DetectorOptions options = new()
        {
            BootstrapServers = bootstrapServers, Group = group, ClientId = group, Partitions = 1, Urls = url,
            IsFilter = isFilter, Rules = new RuleSet()
        };
        _running = Task.Run(() => DetectorProcess.RunAsync(options, _stop.Token));
    }

    /// <summary>Waits until a metric of the partition has at least that value.</summary>
    public Task ReachesAsync(string metric, long value)
        => Until.HoldsAsync($"{metric} is {value}", Kafka.Patience, async () => await MetricAsync(metric) >= value);

    public async Task<long> MetricAsync(string metric)
    {
        _running.IsCompleted.ShouldBeFalse("the detector has ended");
        try
        {
            string page = await _http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
            Match found = Regex.Match(page, $$"""^{{metric}}\{[^}]*partition="0"[^}]*\} ([0-9]+)""", RegexOptions.Multiline, TimeSpan.FromSeconds(1));
            return found.Success ? long.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture) : -1;
        }
        catch (HttpRequestException) // it does not listen yet
        {
            return -1;
        }
    }

    /// <summary>The answer of a probe; the status is null while the process does not listen yet.</summary>
    public async Task<(HttpStatusCode? Status, string Body)> ProbeAsync(HttpMethod method, string path)
    {
        _running.IsCompleted.ShouldBeFalse("the detector has ended");
        try
        {
            using HttpRequestMessage request = new(method, path);
            using HttpResponseMessage answer = await _http.SendAsync(request);
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }
        catch (HttpRequestException) // it does not listen yet
        {
            return (null, "");
        }
    }

    /// <summary>Its exit code.</summary>
    public async Task<int> StopAsync()
    {
        await _stop.CancelAsync();
        return await _running.WaitAsync(Kafka.Patience);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _http.Dispose();
        _stop.Dispose();
    }
}
