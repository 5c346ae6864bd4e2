using Game.WebHdfs;

namespace Game.HdfsSink.Tests.WebHdfs;

/// <summary>An HDFS that the conformance test runs on.</summary>
public interface IHdfsUnderTest
{
    /// <summary>Its address; skips the test where this HDFS is not available.</summary>
    Uri Address { get; }
}

/// <summary>Pieces that the tests of this folder share.</summary>
internal static class HdfsCalls
{
    public static WebHdfsClient Client(Uri address) => new(new WebHdfsOptions { NameNodes = [address], UserName = "root" });

    public static Task WriteAsync(this IWebHdfs hdfs, string path, string text, bool overwrite = false) =>
        hdfs.CreateAsync(path, new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text)), overwrite, TestContext.Current.CancellationToken);

    public static async Task<string> ReadAsync(this IWebHdfs hdfs, string path, long offset = 0, long? length = null)
    {
        await using Stream stream = await hdfs.OpenAsync(path, offset, length, TestContext.Current.CancellationToken);
        using StreamReader reader = new(stream);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    public static async Task<HdfsError> ErrorOfAsync(Func<Task> call) => (await Should.ThrowAsync<WebHdfsException>(call)).Error;
}
