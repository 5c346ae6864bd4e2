using System.Net;
using System.Text.Json;
using Game.WebHdfs;

namespace Game.HdfsSink.Tests.WebHdfs;

/// <summary>What the sink relies on, and the traps it must not fall into: the same test runs on the local server and on real Hadoop.</summary>
public abstract class Conformance(IHdfsUnderTest hdfsUnderTest)
{
    private readonly string folder = "/conformance-" + Guid.NewGuid().ToString("N");
    private readonly WebHdfsClient hdfs = HdfsCalls.Client(hdfsUnderTest.Address);

    [Fact]
    public async Task WritesReadsAndListsFiles()
    {
        await hdfs.WriteAsync($"{folder}/deep/er/f", "hello world");

        (await hdfs.ReadAsync($"{folder}/deep/er/f")).ShouldBe("hello world");
        (await hdfs.ReadAsync($"{folder}/deep/er/f", 6)).ShouldBe("world");
        (await hdfs.ReadAsync($"{folder}/deep/er/f", 2, 3)).ShouldBe("llo");
        (await hdfs.ReadAsync($"{folder}/deep/er/f", 9, 100)).ShouldBe("ld");
        (await hdfs.ReadAsync($"{folder}/deep/er/f", 3, 0)).ShouldBe("");
        var status = (await hdfs.GetFileStatusAsync($"{folder}/deep/er/f")).ShouldNotBeNull();
        (status.Length, status.IsDirectory, status.PathSuffix).ShouldBe((11, false, ""));
        (await hdfs.GetFileStatusAsync($"{folder}/deep"))!.IsDirectory.ShouldBeTrue();
        (await hdfs.ListStatusAsync($"{folder}/deep/er")).Single().PathSuffix.ShouldBe("f");
        (await hdfs.ListStatusAsync($"{folder}/deep/er/f")).Single().PathSuffix.ShouldBe("");
        var summary = await hdfs.GetContentSummaryAsync(folder);
        (summary.DirectoryCount, summary.FileCount, summary.Length).ShouldBe((3, 1, 11));
    }

    [Fact]
    public async Task ALargeFolderIsListedByPages()
    {
        string[] names = [.. Enumerable.Range(0, 1_005).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture)).Order(StringComparer.Ordinal)];
        await Parallel.ForEachAsync(names, TestContext.Current.CancellationToken, async (name, token) => await hdfs.MkdirsAsync($"{folder}/{name}", token));

        var page = await hdfs.ListPageAsync(folder, "");
        (page.Entries.Count, page.Remaining).ShouldBe((1_000, 5));
        page.Entries.Select(entry => entry.PathSuffix).ShouldBe(names[..1_000]);
        page = await hdfs.ListPageAsync(folder, page.Entries[^1].PathSuffix);
        page.Entries.Select(entry => entry.PathSuffix).ShouldBe(names[1_000..]);
        page.Remaining.ShouldBe(0);
        (await hdfs.ListPageAsync(folder, "997x")).Entries.Select(entry => entry.PathSuffix).ShouldBe(["998", "999"]);
        (await hdfs.ListPageAsync(folder, "zzz")).Entries.ShouldBeEmpty();
        (await HdfsCalls.ErrorOfAsync(() => hdfs.ListPageAsync($"{folder}/nowhere", ""))).ShouldBe(HdfsError.FileNotFound);
        await hdfs.WriteAsync($"{folder}/f", "f");
        (await hdfs.ListPageAsync($"{folder}/f", "")).Entries.Single().PathSuffix.ShouldBe("");
    }

    [Fact]
    public async Task AnEmptyFileIsAFile()
    {
        await hdfs.WriteAsync($"{folder}/empty", "");
        (await hdfs.ReadAsync($"{folder}/empty")).ShouldBe("");
        (await hdfs.GetFileStatusAsync($"{folder}/empty"))!.Length.ShouldBe(0);
    }

    [Theory]
    [InlineData("a+b")]
    [InlineData("a b")]
    [InlineData("%y%20z")]
    [InlineData("#?&=;,@!$'()*")]
    [InlineData("größe-日本-🎲")]
    [InlineData("player-events+0+0+131072+misdated.parquet")]
    public async Task EveryNameSurvives(string name)
    {
        await hdfs.WriteAsync($"{folder}/first", name);
        await hdfs.MkdirsAsync($"{folder}/in {name}");
        (await hdfs.RenameAsync($"{folder}/first", $"{folder}/in {name}/{name}")).ShouldBe(RenameOutcome.Renamed);
        (await hdfs.ReadAsync($"{folder}/in {name}/{name}")).ShouldBe(name);
        (await hdfs.ListStatusAsync($"{folder}/in {name}")).Single().PathSuffix.ShouldBe(name);
        await hdfs.WriteAsync($"{folder}/in {name}/{name}", "again", overwrite: true);
        (await hdfs.ReadAsync($"{folder}/in {name}/{name}")).ShouldBe("again");
        (await hdfs.DeleteAsync($"{folder}/in {name}/{name}")).ShouldBeTrue();
    }

    [Fact]
    public async Task CreateRefusesATakenName()
    {
        await hdfs.WriteAsync($"{folder}/f", "one");
        (await HdfsCalls.ErrorOfAsync(() => hdfs.WriteAsync($"{folder}/f", "two"))).ShouldBe(HdfsError.FileAlreadyExists);
        (await HdfsCalls.ErrorOfAsync(() => hdfs.WriteAsync(folder, "two", overwrite: true))).ShouldBe(HdfsError.FileAlreadyExists);
        (await HdfsCalls.ErrorOfAsync(() => hdfs.WriteAsync($"{folder}/f/child", "two"))).ShouldBe(HdfsError.ParentNotDirectory);
        (await hdfs.ReadAsync($"{folder}/f")).ShouldBe("one");
        await hdfs.WriteAsync($"{folder}/f", "three", overwrite: true);
        (await hdfs.ReadAsync($"{folder}/f")).ShouldBe("three");
    }

    [Fact]
    public async Task AppendAdds()
    {
        await hdfs.WriteAsync($"{folder}/f", "hello ");
        await hdfs.AppendAsync($"{folder}/f", new MemoryStream("world"u8.ToArray()));
        (await hdfs.ReadAsync($"{folder}/f")).ShouldBe("hello world");
        (await HdfsCalls.ErrorOfAsync(() => hdfs.AppendAsync($"{folder}/g", new MemoryStream([1])))).ShouldBe(HdfsError.FileNotFound);
    }

    [Fact]
    public async Task FoldersAreMadeOnceAndNotOverFiles()
    {
        await hdfs.MkdirsAsync($"{folder}/a/b");
        await hdfs.MkdirsAsync($"{folder}/a/b");
        await hdfs.WriteAsync($"{folder}/f", "x");
        (await HdfsCalls.ErrorOfAsync(() => hdfs.MkdirsAsync($"{folder}/f"))).ShouldBe(HdfsError.FileAlreadyExists);
        (await HdfsCalls.ErrorOfAsync(() => hdfs.MkdirsAsync($"{folder}/f/g"))).ShouldBe(HdfsError.ParentNotDirectory);
        (await HdfsCalls.ErrorOfAsync(() => hdfs.MkdirsAsync($"{folder}/a:b"))).ShouldBe(HdfsError.InvalidArgument);
    }

    [Fact]
    public async Task RenameNeverReplacesAndSaysWhatHappened()
    {
        await hdfs.WriteAsync($"{folder}/f", "f");
        await hdfs.WriteAsync($"{folder}/g", "g");
        (await hdfs.RenameAsync($"{folder}/f", $"{folder}/g")).ShouldBe(RenameOutcome.DestinationExists);
        (await hdfs.RenameAsync($"{folder}/f", $"{folder}/no/parent")).ShouldBe(RenameOutcome.Refused);
        (await hdfs.RenameAsync($"{folder}/f", $"{folder}/h")).ShouldBe(RenameOutcome.Renamed);
        (await hdfs.RenameAsync($"{folder}/f", $"{folder}/h")).ShouldBe(RenameOutcome.AlreadyRenamed);
        (await hdfs.RenameAsync($"{folder}/f", $"{folder}/i")).ShouldBe(RenameOutcome.SourceMissing);
        (await hdfs.ReadAsync($"{folder}/g")).ShouldBe("g");
        (await hdfs.ReadAsync($"{folder}/h")).ShouldBe("f");
    }

    [Fact]
    public async Task RenameIntoAFolderIsSwallowed()
    {
        await hdfs.WriteAsync($"{folder}/f", "f");
        await hdfs.MkdirsAsync($"{folder}/d/e");
        (await hdfs.RenameAsync($"{folder}/f", $"{folder}/d")).ShouldBe(RenameOutcome.Renamed);
        (await hdfs.ReadAsync($"{folder}/d/f")).ShouldBe("f");
        (await AnswerToRename($"{folder}/d", $"{folder}/d/e/x")).ShouldBeFalse(); // into itself
        (await AnswerToRename($"{folder}/d/f", $"{folder}/d/f")).ShouldBeTrue(); // a file onto itself
        (await HdfsCalls.ErrorOfAsync(() => hdfs.RenameAsync($"{folder}/d/e", $"{folder}/d/f/x"))).ShouldBe(HdfsError.ParentNotDirectory);
    }

    [Fact]
    public async Task DeleteMindsWhatIsInside()
    {
        await hdfs.WriteAsync($"{folder}/d/f", "f");
        (await HdfsCalls.ErrorOfAsync(() => hdfs.DeleteAsync($"{folder}/d"))).ShouldBe(HdfsError.DirectoryNotEmpty);
        (await hdfs.DeleteAsync($"{folder}/d", recursive: true)).ShouldBeTrue();
        (await hdfs.DeleteAsync($"{folder}/d", recursive: true)).ShouldBeFalse();
        (await hdfs.DeleteAsync("/", recursive: true)).ShouldBeFalse();
        (await hdfs.GetFileStatusAsync($"{folder}/d/f")).ShouldBeNull();
    }

    [Fact]
    public async Task WhatIsNotThereIsSaidSo()
    {
        await hdfs.MkdirsAsync(folder);
        (await hdfs.GetFileStatusAsync($"{folder}/x")).ShouldBeNull();
        (await HdfsCalls.ErrorOfAsync(() => hdfs.ListStatusAsync($"{folder}/x"))).ShouldBe(HdfsError.FileNotFound);
        (await HdfsCalls.ErrorOfAsync(() => hdfs.OpenAsync($"{folder}/x"))).ShouldBe(HdfsError.FileNotFound);
        (await HdfsCalls.ErrorOfAsync(() => hdfs.OpenAsync(folder))).ShouldBe(HdfsError.FileNotFound);
        (await HdfsCalls.ErrorOfAsync(() => hdfs.GetContentSummaryAsync($"{folder}/x"))).ShouldBe(HdfsError.FileNotFound);
        await hdfs.WriteAsync($"{folder}/f", "12345");
        (await HdfsCalls.ErrorOfAsync(() => hdfs.OpenAsync($"{folder}/f", 5))).ShouldBe(HdfsError.Remote);
    }

    /// <summary>Status and Java exception of calls that the client would not make.</summary>
    [Theory]
    [InlineData("GET", "/x?op=NOPE", 400, "IllegalArgumentException")]
    [InlineData("GET", "/x", 400, "UnsupportedOperationException")]
    [InlineData("GET", "/x?op=MKDIRS", 400, "IllegalArgumentException")]
    [InlineData("PUT", "/x?op=RENAME", 400, "IllegalArgumentException")]
    [InlineData("PUT", "/x?op=RENAME&destination=y", 400, "IllegalArgumentException")]
    [InlineData("PUT", "/x?op=CREATE&overwrite=maybe", 400, "IllegalArgumentException")]
    [InlineData("GET", "/x?op=OPEN&offset=-1", 400, "IllegalArgumentException")]
    [InlineData("PUT", "/x?op=MKDIRS&permission=99999", 400, "IllegalArgumentException")]
    [InlineData("PUT", "/x?op=MKDIRS&user.name=a%20b", 400, "IllegalArgumentException")]
    [InlineData("GET", "/x?op=GETFILESTATUS", 404, "FileNotFoundException")]
    [InlineData("GET", "/a:b?op=GETFILESTATUS", 404, "FileNotFoundException")]
    [InlineData("PUT", "/a//b?op=MKDIRS", 400, "InvalidPathException")]
    [InlineData("POST", "/x?op=APPEND", 404, "FileNotFoundException")]
    public async Task BadRequestsAreNamed(string method, string request, int status, string exception)
    {
        var (code, body) = await RawAsync(method, folder + request);
        code.ShouldBe((HttpStatusCode)status);
        body.RootElement.GetProperty("RemoteException").GetProperty("exception").GetString().ShouldBe(exception);
    }

    [Fact]
    public async Task TheSecondStepIsAnAddress()
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var first = await http.PutAsync(new Uri(hdfsUnderTest.Address, $"/webhdfs/v1{folder}/f?op=CREATE&user.name=root"), null);
        first.StatusCode.ShouldBe(HttpStatusCode.TemporaryRedirect);
        (await hdfs.GetFileStatusAsync($"{folder}/f")).ShouldBeNull();
        using var second = await http.PutAsync(first.Headers.Location, new ByteArrayContent([1, 2, 3]));
        second.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await hdfs.GetFileStatusAsync($"{folder}/f"))!.Length.ShouldBe(3);
    }

    private async Task<bool> AnswerToRename(string from, string to)
    {
        var (_, body) = await RawAsync("PUT", $"{from}?op=RENAME&destination={to}");
        return body.RootElement.GetProperty("boolean").GetBoolean();
    }

    private async Task<(HttpStatusCode Status, JsonDocument Body)> RawAsync(string method, string request)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        string address = hdfsUnderTest.Address.ToString().TrimEnd('/') + "/webhdfs/v1" + request;
        address += (request.Contains('?') ? "&" : "?") + (request.Contains("user.name") ? "" : "user.name=root");
        using var message = new HttpRequestMessage(new HttpMethod(method), new Uri(address));
        using var response = await http.SendAsync(message);
        return (response.StatusCode, await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync()));
    }
}
