using System.Net;
using System.Text.Json;
using Game.WebHdfs;

namespace Game.HdfsSink.Tests.WebHdfs;

/// <summary>The behaviour of HDFS that the sink relies on, and its unusual cases. The same tests run on the local server and on Hadoop.</summary>
public abstract class Conformance(IHdfsUnderTest hdfsUnderTest)
{
    private readonly string _folder = "/conformance-" + Guid.NewGuid().ToString("N");
    private readonly WebHdfsClient _hdfs = HdfsCalls.Client(hdfsUnderTest.Address);

    [Fact]
    public async Task WritesReadsAndListsFiles()
    {
        await _hdfs.WriteAsync($"{_folder}/deep/er/f", "hello world");

        (await _hdfs.ReadAsync($"{_folder}/deep/er/f")).ShouldBe("hello world");
        (await _hdfs.ReadAsync($"{_folder}/deep/er/f", 6)).ShouldBe("world");
        (await _hdfs.ReadAsync($"{_folder}/deep/er/f", 2, 3)).ShouldBe("llo");
        (await _hdfs.ReadAsync($"{_folder}/deep/er/f", 9, 100)).ShouldBe("ld");
        (await _hdfs.ReadAsync($"{_folder}/deep/er/f", 3, 0)).ShouldBe("");
        FileStatus status = (await _hdfs.GetFileStatusAsync($"{_folder}/deep/er/f")).ShouldNotBeNull();
        (status.Length, status.IsDirectory, status.PathSuffix).ShouldBe((11, false, ""));
        (await _hdfs.GetFileStatusAsync($"{_folder}/deep"))!.IsDirectory.ShouldBeTrue();
        (await _hdfs.ListStatusAsync($"{_folder}/deep/er")).Single().PathSuffix.ShouldBe("f");
        (await _hdfs.ListStatusAsync($"{_folder}/deep/er/f")).Single().PathSuffix.ShouldBe("");
        ContentSummary summary = await _hdfs.GetContentSummaryAsync(_folder);
        (summary.DirectoryCount, summary.FileCount, summary.Length).ShouldBe((3, 1, 11));
    }

    [Fact]
    public async Task ALargeFolderIsListedByPages()
    {
        string[] names = [.. Enumerable.Range(0, 1_005)
            .Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture)).Order(StringComparer.Ordinal)];
        await Parallel.ForEachAsync(names, TestContext.Current.CancellationToken, async (name, token) => await _hdfs.MkdirsAsync($"{_folder}/{name}", token));

        ListingPage page = await _hdfs.ListPageAsync(_folder, "");
        (page.Entries.Count, page.Remaining).ShouldBe((1_000, 5));
        page.Entries.Select(entry => entry.PathSuffix).ShouldBe(names[..1_000]);
        page = await _hdfs.ListPageAsync(_folder, page.Entries[^1].PathSuffix);
        page.Entries.Select(entry => entry.PathSuffix).ShouldBe(names[1_000..]);
        page.Remaining.ShouldBe(0);
        (await _hdfs.ListPageAsync(_folder, "997x")).Entries.Select(entry => entry.PathSuffix).ShouldBe(["998", "999"]);
        (await _hdfs.ListPageAsync(_folder, "zzz")).Entries.ShouldBeEmpty();
        (await HdfsCalls.ErrorOfAsync(() => _hdfs.ListPageAsync($"{_folder}/nowhere", ""))).ShouldBe(HdfsError.FileNotFound);
        await _hdfs.WriteAsync($"{_folder}/f", "f");
        (await _hdfs.ListPageAsync($"{_folder}/f", "")).Entries.Single().PathSuffix.ShouldBe("");
    }

    [Fact]
    public async Task AnEmptyFileIsAFile()
    {
        await _hdfs.WriteAsync($"{_folder}/empty", "");
        (await _hdfs.ReadAsync($"{_folder}/empty")).ShouldBe("");
        (await _hdfs.GetFileStatusAsync($"{_folder}/empty"))!.Length.ShouldBe(0);
    }

    [Theory]
    [InlineData("a+b")]
    [InlineData("a b")]
    [InlineData("%y%20z")]
    [InlineData("#?&=;,@!$'()*")]
    [InlineData("größe-日本-🎲")]
    [InlineData("player-events+0+0+131072+misdated.parquet")]
    public async Task EveryNameIsKept(string name)
    {
        await _hdfs.WriteAsync($"{_folder}/first", name);
        await _hdfs.MkdirsAsync($"{_folder}/in {name}");
        (await _hdfs.RenameAsync($"{_folder}/first", $"{_folder}/in {name}/{name}")).ShouldBe(RenameOutcome.Renamed);
        (await _hdfs.ReadAsync($"{_folder}/in {name}/{name}")).ShouldBe(name);
        (await _hdfs.ListStatusAsync($"{_folder}/in {name}")).Single().PathSuffix.ShouldBe(name);
        await _hdfs.WriteAsync($"{_folder}/in {name}/{name}", "again", overwrite: true);
        (await _hdfs.ReadAsync($"{_folder}/in {name}/{name}")).ShouldBe("again");
        (await _hdfs.DeleteAsync($"{_folder}/in {name}/{name}")).ShouldBeTrue();
    }

    [Fact]
    public async Task CreateRefusesAnExistingName()
    {
        await _hdfs.WriteAsync($"{_folder}/f", "one");
        (await HdfsCalls.ErrorOfAsync(() => _hdfs.WriteAsync($"{_folder}/f", "two"))).ShouldBe(HdfsError.FileAlreadyExists);
        (await HdfsCalls.ErrorOfAsync(() => _hdfs.WriteAsync(_folder, "two", overwrite: true))).ShouldBe(HdfsError.FileAlreadyExists);
        (await HdfsCalls.ErrorOfAsync(() => _hdfs.WriteAsync($"{_folder}/f/child", "two"))).ShouldBe(HdfsError.ParentNotDirectory);
        (await _hdfs.ReadAsync($"{_folder}/f")).ShouldBe("one");
        await _hdfs.WriteAsync($"{_folder}/f", "three", overwrite: true);
        (await _hdfs.ReadAsync($"{_folder}/f")).ShouldBe("three");
    }

    [Fact]
    public async Task AppendAdds()
    {
        await _hdfs.WriteAsync($"{_folder}/f", "hello ");
        await _hdfs.AppendAsync($"{_folder}/f", new MemoryStream("world"u8.ToArray()));
        (await _hdfs.ReadAsync($"{_folder}/f")).ShouldBe("hello world");
        (await HdfsCalls.ErrorOfAsync(() => _hdfs.AppendAsync($"{_folder}/g", new MemoryStream([1])))).ShouldBe(HdfsError.FileNotFound);
    }

    [Fact]
    public async Task FoldersAreMadeOnceAndNotOverFiles()
    {
        await _hdfs.MkdirsAsync($"{_folder}/a/b");
        await _hdfs.MkdirsAsync($"{_folder}/a/b");
        await _hdfs.WriteAsync($"{_folder}/f", "x");
        (await HdfsCalls.ErrorOfAsync(() => _hdfs.MkdirsAsync($"{_folder}/f"))).ShouldBe(HdfsError.FileAlreadyExists);
        (await HdfsCalls.ErrorOfAsync(() => _hdfs.MkdirsAsync($"{_folder}/f/g"))).ShouldBe(HdfsError.ParentNotDirectory);
        (await HdfsCalls.ErrorOfAsync(() => _hdfs.MkdirsAsync($"{_folder}/a:b"))).ShouldBe(HdfsError.InvalidArgument);
    }

    [Fact]
    public async Task RenameNeverReplacesAndReturnsItsOutcome()
    {
        await _hdfs.WriteAsync($"{_folder}/f", "f");
        await _hdfs.WriteAsync($"{_folder}/g", "g");
        (await _hdfs.RenameAsync($"{_folder}/f", $"{_folder}/g")).ShouldBe(RenameOutcome.DestinationExists);
        (await _hdfs.RenameAsync($"{_folder}/f", $"{_folder}/no/parent")).ShouldBe(RenameOutcome.Refused);
        (await _hdfs.RenameAsync($"{_folder}/f", $"{_folder}/h")).ShouldBe(RenameOutcome.Renamed);
        (await _hdfs.RenameAsync($"{_folder}/f", $"{_folder}/h")).ShouldBe(RenameOutcome.AlreadyRenamed);
        (await _hdfs.RenameAsync($"{_folder}/f", $"{_folder}/i")).ShouldBe(RenameOutcome.SourceMissing);
        (await _hdfs.ReadAsync($"{_folder}/g")).ShouldBe("g");
        (await _hdfs.ReadAsync($"{_folder}/h")).ShouldBe("f");
    }

    [Fact]
    public async Task RenameToAFolderMovesTheFileIntoIt()
    {
        await _hdfs.WriteAsync($"{_folder}/f", "f");
        await _hdfs.MkdirsAsync($"{_folder}/d/e");
        (await _hdfs.RenameAsync($"{_folder}/f", $"{_folder}/d")).ShouldBe(RenameOutcome.Renamed);
        (await _hdfs.ReadAsync($"{_folder}/d/f")).ShouldBe("f");
        (await AnswerToRename($"{_folder}/d", $"{_folder}/d/e/x")).ShouldBeFalse(); // into itself
        (await AnswerToRename($"{_folder}/d/f", $"{_folder}/d/f")).ShouldBeTrue(); // a file onto itself
        (await HdfsCalls.ErrorOfAsync(() => _hdfs.RenameAsync($"{_folder}/d/e", $"{_folder}/d/f/x"))).ShouldBe(HdfsError.ParentNotDirectory);
    }

    [Fact]
    public async Task DeleteRefusesAFolderWithChildrenUnlessRecursive()
    {
        await _hdfs.WriteAsync($"{_folder}/d/f", "f");
        (await HdfsCalls.ErrorOfAsync(() => _hdfs.DeleteAsync($"{_folder}/d"))).ShouldBe(HdfsError.DirectoryNotEmpty);
        (await _hdfs.DeleteAsync($"{_folder}/d", recursive: true)).ShouldBeTrue();
        (await _hdfs.DeleteAsync($"{_folder}/d", recursive: true)).ShouldBeFalse();
        (await _hdfs.DeleteAsync("/", recursive: true)).ShouldBeFalse();
        (await _hdfs.GetFileStatusAsync($"{_folder}/d/f")).ShouldBeNull();
    }

    [Fact]
    public async Task MissingPathsAreReportedAsMissing()
    {
        await _hdfs.MkdirsAsync(_folder);
        (await _hdfs.GetFileStatusAsync($"{_folder}/x")).ShouldBeNull();
        (await HdfsCalls.ErrorOfAsync(() => _hdfs.ListStatusAsync($"{_folder}/x"))).ShouldBe(HdfsError.FileNotFound);
        (await HdfsCalls.ErrorOfAsync(() => _hdfs.OpenAsync($"{_folder}/x"))).ShouldBe(HdfsError.FileNotFound);
        (await HdfsCalls.ErrorOfAsync(() => _hdfs.OpenAsync(_folder))).ShouldBe(HdfsError.FileNotFound);
        (await HdfsCalls.ErrorOfAsync(() => _hdfs.GetContentSummaryAsync($"{_folder}/x"))).ShouldBe(HdfsError.FileNotFound);
        await _hdfs.WriteAsync($"{_folder}/f", "12345");
        (await HdfsCalls.ErrorOfAsync(() => _hdfs.OpenAsync($"{_folder}/f", 5))).ShouldBe(HdfsError.Remote);
    }

    /// <summary>Status and Java exception of calls that the client never makes.</summary>
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
        (HttpStatusCode code, JsonDocument body) = await RawAsync(method, _folder + request);
        code.ShouldBe((HttpStatusCode)status);
        body.RootElement.GetProperty("RemoteException").GetProperty("exception").GetString().ShouldBe(exception);
    }

    [Fact]
    public async Task TheFirstStepAnswersWithAnAddress()
    {
        using HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false });
        using HttpResponseMessage first = await http.PutAsync(new Uri(hdfsUnderTest.Address, $"/webhdfs/v1{_folder}/f?op=CREATE&user.name=root"), null);
        first.StatusCode.ShouldBe(HttpStatusCode.TemporaryRedirect);
        (await _hdfs.GetFileStatusAsync($"{_folder}/f")).ShouldBeNull();
        using HttpResponseMessage second = await http.PutAsync(first.Headers.Location, new ByteArrayContent([1, 2, 3]));
        second.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await _hdfs.GetFileStatusAsync($"{_folder}/f"))!.Length.ShouldBe(3);
    }

    private async Task<bool> AnswerToRename(string from, string to)
    {
        (_, JsonDocument body) = await RawAsync("PUT", $"{from}?op=RENAME&destination={to}");
        return body.RootElement.GetProperty("boolean").GetBoolean();
    }

    private async Task<(HttpStatusCode Status, JsonDocument Body)> RawAsync(string method, string request)
    {
        using HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false });
        string address = hdfsUnderTest.Address.ToString().TrimEnd('/') + "/webhdfs/v1" + request;
        address += (request.Contains('?') ? "&" : "?") + (request.Contains("user.name") ? "" : "user.name=root");
        using HttpRequestMessage message = new(new HttpMethod(method), new Uri(address));
        using HttpResponseMessage response = await http.SendAsync(message);
        return (response.StatusCode, await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync()));
    }
}
