using Game.LocalWebHdfs;
using Game.WebHdfs;
using Microsoft.AspNetCore.Builder;

namespace Game.HdfsSink.Tests.WebHdfs;

/// <summary>Read-only servers on the folder of a server that writes.</summary>
public sealed class ReadOnlyTests(LocalHdfs hdfs) : IClassFixture<LocalHdfs>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Several_read_only_servers_serve_one_folder_and_refuse_changes()
    {
        await File.WriteAllTextAsync(Path.Combine(hdfs.Root, "a"), "bytes", Stop);
        for (int i = 0; i < 2; i++)
        {
            await using WebApplication server = LocalWebHdfsServer.BuildReadOnly(hdfs.Root, "http://127.0.0.1:0");
            await server.StartAsync(Stop);
            using WebHdfsClient client = new(new WebHdfsOptions { NameNodes = [new Uri(server.Urls.Single())], MaxRetries = 0 });
            using (StreamReader text = new(await client.OpenAsync("/a", cancellationToken: Stop)))
            {
                (await text.ReadToEndAsync(Stop)).ShouldBe("bytes");
            }
            foreach (Func<Task> change in (Func<Task>[])[() => client.DeleteAsync("/a", cancellationToken: Stop),
                () => client.CreateAsync("/b", new MemoryStream(), cancellationToken: Stop), () => client.MkdirsAsync("/c", Stop)])
            {
                (await change.ShouldThrowAsync<WebHdfsException>()).Message.ShouldContain("only reads");
            }
        }

        Directory.GetFileSystemEntries(hdfs.Root).Select(Path.GetFileName).ShouldBe([".local-webhdfs.lock", "a"], ignoreOrder: true);
    }
}
