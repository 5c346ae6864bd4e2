namespace Game.HdfsSink.Tests.WebHdfs;

/// <summary>The local server's probe, as load balancers send it.</summary>
public sealed class LocalProbeTests(LocalHdfs hdfs) : IClassFixture<LocalHdfs>
{
    [Theory]
    [InlineData("GET", "ok")]
    [InlineData("HEAD", "")]
    public async Task The_probe_answers_GET_with_a_body_and_HEAD_without_one(string method, string body)
    {
        using HttpClient http = new() { BaseAddress = hdfs.Address };
        using HttpRequestMessage request = new(new HttpMethod(method), "/healthz");
        using HttpResponseMessage answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        answer.StatusCode.ShouldBe(System.Net.HttpStatusCode.OK);
        (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe(body);
    }
}
