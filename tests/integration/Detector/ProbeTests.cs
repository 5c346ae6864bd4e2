using System.Net;
using Game.Contracts;

namespace Integration.Tests.Detector;

/// <summary>The detector's probes, as load balancers send them.</summary>
public sealed class ProbeTests : DetectorBroker
{
    [Fact]
    public async Task HEAD_on_a_probe_has_the_status_of_GET_and_no_body()
    {
        await CreateAsync(Topics.PlayerEvents);
        await using DetectorHost detector = new(BootstrapServers);
        await Until.HoldsAsync("it is ready", Kafka.Patience, async () => (await detector.ProbeAsync(HttpMethod.Get, "/readyz")).Status == HttpStatusCode.OK);
        foreach (string probe in new[] { "/healthz", "/readyz" })
        {
            (await detector.ProbeAsync(HttpMethod.Head, probe)).ShouldBe((HttpStatusCode.OK, ""), probe);
        }
        (await detector.StopAsync()).ShouldBe(0);
    }
}
