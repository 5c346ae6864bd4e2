using System.Net;
using Game.LocalWebHdfs;

namespace Game.HdfsSink.Tests.WebHdfs;

/// <summary>Symbolic links in the local server's folder: no call creates, reads, lists, renames or removes anything behind them.</summary>
public sealed class SymbolicLinkTests : IAsyncLifetime
{
    private const string Secret = "TOP-SECRET";

    private readonly LocalHdfs _hdfs = new();
    private readonly string _outside = Directory.CreateTempSubdirectory("beyond-the-root-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _hdfs.InitializeAsync();
        await File.WriteAllTextAsync(Path.Combine(_outside, "secret"), Secret, Stop);
        Directory.CreateDirectory(Path.Combine(_outside, "sub", "deep"));
        Directory.CreateDirectory(Path.Combine(_hdfs.Root, "dir", "inner"));
        await File.WriteAllTextAsync(Path.Combine(_hdfs.Root, "own"), "own", Stop);
        Link("folder", _outside);
        Link("file", Path.Combine(_outside, "secret"));
        Link("dangling", Path.Combine(_outside, "new"));
        Link("dir/inner/folder", _outside);
        Link("dir/inner/up", Path.Combine("..", "..", "..", Path.GetFileName(_outside)));
    }

    public async ValueTask DisposeAsync()
    {
        await _hdfs.DisposeAsync();
        Directory.Delete(_outside, recursive: true);
    }

    [Theory]
    [InlineData("PUT", "op=MKDIRS")]
    [InlineData("PUT", "op=CREATE&namenoderpcaddress=x")]
    [InlineData("PUT", "op=CREATE&namenoderpcaddress=x&overwrite=true")]
    [InlineData("POST", "op=APPEND&namenoderpcaddress=x")]
    [InlineData("POST", "op=APPEND")]
    [InlineData("GET", "op=OPEN&namenoderpcaddress=x")]
    [InlineData("GET", "op=OPEN")]
    [InlineData("GET", "op=GETFILESTATUS")]
    [InlineData("GET", "op=LISTSTATUS")]
    [InlineData("GET", "op=LISTSTATUS_BATCH")]
    [InlineData("GET", "op=GETCONTENTSUMMARY")]
    public async Task No_operation_reaches_beyond_a_link(string method, string operation)
    {
        IReadOnlyList<string> before = Beyond();
        foreach (string path in Paths())
        {
            (HttpStatusCode status, string body) = await AskAsync(method, $"{path}?{operation}");
            ((int)status).ShouldBeInRange(400, 404, $"{method} {path}?{operation}: {body}");
            body.ShouldNotContain(Secret);
            Beyond().ShouldBe(before, $"{method} {path}?{operation}");
        }
    }

    [Fact]
    public async Task No_rename_moves_a_file_from_or_to_a_path_behind_a_link()
    {
        IReadOnlyList<string> before = Beyond();
        foreach (string path in Paths())
        {
            (_, string movedOut) = await AskAsync("PUT", $"{path}?op=RENAME&destination=/taken");
            movedOut.ShouldContain("false", Case.Sensitive, path);
            (_, string movedIn) = await AskAsync("PUT", $"/own?op=RENAME&destination={path}");
            movedIn.ShouldNotContain("true", Case.Sensitive, path);
            Beyond().ShouldBe(before, path);
        }

        (await File.ReadAllTextAsync(Path.Combine(_hdfs.Root, "own"), Stop)).ShouldBe("own");
    }

    [Fact]
    public async Task A_delete_finds_nothing_behind_a_link_and_removes_the_links_in_a_folder_but_not_their_targets()
    {
        IReadOnlyList<string> before = Beyond();
        foreach (string path in Paths())
        {
            (_, string answer) = await AskAsync("DELETE", $"{path}?op=DELETE&recursive=true");
            answer.ShouldContain("false", Case.Sensitive, path);
        }

        (_, string deleted) = await AskAsync("DELETE", "/dir?op=DELETE&recursive=true");
        deleted.ShouldContain("true");
        Directory.Exists(Path.Combine(_hdfs.Root, "dir")).ShouldBeFalse();
        Beyond().ShouldBe(before);
    }

    [Fact]
    public async Task Links_are_not_listed_and_not_counted()
    {
        (await AskAsync("GET", "/?op=LISTSTATUS")).Body.ShouldNotContain("dangling");
        (await AskAsync("GET", "/dir/inner?op=GETFILESTATUS")).Body.ShouldContain("\"childrenNum\":0");
        (await AskAsync("GET", "/dir?op=GETCONTENTSUMMARY")).Body.ShouldContain("\"directoryCount\":2,\"ecPolicy\":\"\",\"fileCount\":0");
    }

    [Fact]
    public void The_root_itself_may_be_a_link()
    {
        string root = Path.Combine(_outside, "link-to-sub");
        Directory.CreateSymbolicLink(root, Path.Combine(_outside, "sub"));
        using FolderTree tree = new(root);
        tree.Find(Parse("/")).ShouldNotBeNull().IsFolder.ShouldBeTrue();
        tree.Find(Parse("/deep")).ShouldNotBeNull().IsFolder.ShouldBeTrue();
        tree.MakeFolders(Parse("/made")).ShouldBeNull();
        Directory.Exists(Path.Combine(_outside, "sub", "made")).ShouldBeTrue();
    }

    [Fact]
    public void A_lock_that_is_a_link_is_refused()
    {
        string root = Path.Combine(_outside, "sub");
        File.CreateSymbolicLink(Path.Combine(root, FolderTree.LockName), Path.Combine(_outside, "made-by-the-lock"));
        Should.Throw<IOException>(() => new FolderTree(root));
        File.Exists(Path.Combine(_outside, "made-by-the-lock")).ShouldBeFalse();
    }

    /// <summary>Another program replaces the folder by a link after the server has opened it.</summary>
    [Fact]
    public void Calls_on_an_open_folder_act_on_it_even_after_its_name_was_replaced()
    {
        string folder = Path.Combine(_hdfs.Root, "dir", "inner"), moved = Path.Combine(_hdfs.Root, "moved");
        using FolderHandle root = FolderHandle.OpenRoot(_hdfs.Root);
        using FolderHandle dir = root.Open("dir").ShouldNotBeNull();
        using FolderHandle inner = dir.Open("inner").ShouldNotBeNull();
        IReadOnlyList<string> before = Beyond();
        Directory.Move(folder, moved);
        Directory.CreateSymbolicLink(folder, _outside);

        inner.MakeFolder("made");
        inner.CreateFile("written").Dispose();
        inner.MoveTo("written", inner, "renamed");
        inner.List().Select(entry => entry.Name).ShouldBe(["folder", "made", "renamed", "up"]);
        inner.RemoveAll("made");
        dir.Open("inner").ShouldBeNull();
        Should.Throw<IOException>(() => dir.RemoveAll("inner"));
        Directory.GetFileSystemEntries(moved).Select(Path.GetFileName).ShouldBe(["folder", "renamed", "up"], ignoreOrder: true);
        Beyond().ShouldBe(before);
    }

    /// <summary>Another program keeps replacing a folder by a link and back.</summary>
    [Fact]
    public async Task A_folder_that_is_replaced_by_a_link_again_and_again_never_leads_outside()
    {
        const int Rounds = 400;
        using FolderTree tree = FolderTree.ToRead(_hdfs.Root);
        string folder = Path.Combine(_hdfs.Root, "dir"), aside = Path.Combine(_hdfs.Root, "aside");
        IReadOnlyList<string> before = Beyond();
        Task swapping = Task.Run(() =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                Attempt(() => Directory.Move(folder, aside + round)); // the server may be making the folder at this moment: then the next round moves it
                Attempt(() => Directory.CreateSymbolicLink(folder, _outside));
                Attempt(() => File.Delete(folder));
                Attempt(() => Directory.CreateDirectory(folder));
            }
        }, Stop);
        for (int round = 0; !swapping.IsCompleted; round++)
        {
            Attempt(() => tree.MakeFolders(Parse($"/dir/made{round}/below")));
            Attempt(() => tree.Delete(Parse($"/dir/made{round}"), recursive: true, out _));
            Attempt(() => tree.Delete(Parse("/dir/secret"), recursive: false, out _));
            Attempt(() => tree.Delete(Parse("/dir/sub"), recursive: true, out _));
            Attempt(() => tree.Rename(Parse("/own"), Parse("/dir/own"), out _));
            Attempt(() => tree.Rename(Parse("/dir/own"), Parse("/own"), out _));
        }

        await swapping;
        Beyond().ShouldBe(before);
    }

    private static void Attempt(Action work)
    {
        try
        {
            work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The folder was replaced during the call: the server may refuse it or find nothing.
        }
    }

    /// <summary>Paths that end at a link, and paths with a link in the middle.</summary>
    private static IEnumerable<string> Paths() =>
    [
        "/folder", "/file", "/dangling", "/folder/secret", "/folder/sub", "/folder/sub/deep", "/folder/new", "/folder/new/newer", "/file/x", "/dangling/x",
        "/dir/inner/folder", "/dir/inner/folder/secret", "/dir/inner/folder/new", "/dir/inner/up/secret", "/dir/inner/up/new/newer",
    ];

    private static HdfsPath Parse(string text)
    {
        HdfsPath.TryParse(text, out HdfsPath path).ShouldBeNull();
        return path;
    }

    private void Link(string name, string target) => File.CreateSymbolicLink(Path.Combine(_hdfs.Root, name), target);

    /// <summary>Everything outside of the root, with its bytes.</summary>
    private List<string> Beyond() =>
        [.. Directory.GetFileSystemEntries(_outside, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(path => File.Exists(path) ? path + "=" + File.ReadAllText(path) : path)];

    private async Task<(HttpStatusCode Status, string Body)> AskAsync(string method, string request)
    {
        using HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false });
        using HttpRequestMessage message = new(new HttpMethod(method), new Uri(_hdfs.Address, "/webhdfs/v1" + request));
        if (method != "GET")
        {
            message.Content = new StringContent("bytes");
        }

        using HttpResponseMessage response = await http.SendAsync(message, Stop);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(Stop));
    }
}
