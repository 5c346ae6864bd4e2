using Game.WebHdfs;

namespace Game.HdfsSink.Tests.WebHdfs;

/// <summary>The client over TLS.</summary>
public sealed class TlsTests(LocalHdfs hdfs) : IClassFixture<LocalHdfs>
{
    [Fact]
    public async Task A_failed_handshake_is_reported_with_its_innermost_cause()
    {
        Uri plainPortOverTls = new UriBuilder(hdfs.Address) { Scheme = Uri.UriSchemeHttps }.Uri;
        using WebHdfsClient client = new(new WebHdfsOptions { NameNodes = [plainPortOverTls], MaxRetries = 0 });
        WebHdfsException thrown = await Should.ThrowAsync<WebHdfsException>(() => client.ListStatusAsync("/", TestContext.Current.CancellationToken));
        thrown.Error.ShouldBe(HdfsError.Unreachable);
        thrown.InnerException.ShouldNotBeNull().Message.ShouldContain("see inner exception"); // .NET's own message hides the cause
        thrown.Message.ShouldNotContain("inner exception");
        thrown.Message.ShouldContain(plainPortOverTls.Authority);
        thrown.Message.ShouldContain("frame");
    }
}
