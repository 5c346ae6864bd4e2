using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Game.HdfsSink.Tests.WebHdfs;

/// <summary>Nothing outside the local server's folder can be read, written, listed or deleted.</summary>
public sealed class TraversalTests(LocalHdfs hdfs) : IClassFixture<LocalHdfs>
{
    [Theory]
    [InlineData("/webhdfs/v1/../../etc/passwd")]
    [InlineData("/webhdfs/v1/%2e%2e/%2e%2e/etc/passwd")]
    [InlineData("/webhdfs/v1/..%2F..%2Fetc%2Fpasswd")]
    [InlineData("/webhdfs/v1/a/..%2f..%2f..%2fetc/passwd")]
    [InlineData("/webhdfs/v1/..%2FSECRET")]
    [InlineData("/webhdfs/v1/%2e%2e%2FSECRET")]
    [InlineData("/webhdfs/v1/a/..%2f..%2fSECRET")]
    [InlineData("/webhdfs/v1/%2Fetc/passwd")]
    [InlineData("/webhdfs/v1//etc/passwd")]
    [InlineData("/webhdfs/v1/..%5c..%5cetc%5cpasswd")]
    [InlineData("/%77ebhdfs/v1/../../etc/passwd")]
    [InlineData("/webhdfs/v1/..;/etc/passwd")]
    [InlineData("/webhdfs/v1/.local-webhdfs.lock")]
    [InlineData("http://x/webhdfs/v1/../../../etc/passwd")]
    public async Task NoPathLeavesTheRoot(string target)
    {
        string secret = hdfs.Root + "-secret"; // beside the root
        await File.WriteAllTextAsync(secret, "root:TOP-SECRET", TestContext.Current.CancellationToken);
        target = target.Replace("SECRET", Path.GetFileName(secret), StringComparison.Ordinal);
        foreach (string request in new[] { $"GET {target}?op=OPEN&namenoderpcaddress=x", $"GET {target}?op=GETFILESTATUS", $"DELETE {target}?op=DELETE",
            $"POST {target}?op=APPEND&namenoderpcaddress=x" })
        {
            string answer = await SendAsync(request);
            answer.ShouldNotContain("root:");
            answer.ShouldNotContain("FILE\"");
            answer.ShouldNotContain("true");
        }

        (await File.ReadAllTextAsync(secret, TestContext.Current.CancellationToken)).ShouldBe("root:TOP-SECRET");
        File.Delete(secret);
    }

    [Theory]
    [InlineData("%2F..%2Foutside")]
    [InlineData("/a/../../outside")]
    public async Task NoRenameLeavesTheRoot(string destination)
    {
        await File.WriteAllTextAsync(Path.Combine(hdfs.Root, "victim"), "x", TestContext.Current.CancellationToken);
        (await SendAsync($"PUT /webhdfs/v1/victim?op=RENAME&destination={destination}")).ShouldStartWith("HTTP/1.1 400");
        File.Exists(Path.Combine(hdfs.Root, "victim")).ShouldBeTrue();
    }

    /// <summary>Sends raw bytes, because HTTP clients would resolve the ".." in the path.</summary>
    private async Task<string> SendAsync(string request)
    {
        using TcpClient socket = new();
        await socket.ConnectAsync(IPAddress.Loopback, hdfs.Address.Port);
        await using NetworkStream stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
        using StreamReader reader = new(stream);
        return await reader.ReadToEndAsync();
    }
}
