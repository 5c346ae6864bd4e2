using System.Globalization;
using System.Net;

namespace Faults.Tests.Clusters;

/// <summary>The pages of a broker's metrics and health.</summary>
internal sealed class BrokerPages(string address) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = new Uri($"http://{address}"), Timeout = TimeSpan.FromSeconds(2) };

    /// <summary>The gauges without labels by their names; null while the broker does not answer.</summary>
    public async Task<Dictionary<string, double>?> GaugesAsync()
    {
        try
        {
            string page = await _http.GetStringAsync("/metrics");
            return page.Split('\n').Where(line => line.Length > 0 && line[0] != '#' && !line.Contains('{', StringComparison.Ordinal))
                .Select(line => line.Split(' ')).ToDictionary(words => words[0], words => double.Parse(words[1], CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    /// <summary>Whether <c>/readyz</c> says that the next broker of a rolling restart may be stopped.</summary>
    public async Task<bool> IsReadyAsync()
    {
        try
        {
            using HttpResponseMessage response = await _http.GetAsync("/readyz");
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    public void Dispose() => _http.Dispose();
}
