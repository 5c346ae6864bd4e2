using System.Net;
using CsCheck;
using Game.WebHdfs;
using Microsoft.Extensions.Time.Testing;

namespace Game.HdfsSink.Tests.WebHdfs;

/// <summary>The client against servers that misbehave.</summary>
public sealed class ClientTests : IDisposable
{
    private readonly ScriptedHandler _server = new();
    private readonly FakeTimeProvider _time = new();
    private readonly WebHdfsClient _hdfs;

    public ClientTests() => _hdfs = new WebHdfsClient(
        new WebHdfsOptions
        {
            NameNodes = [new Uri("http://a:1"), new Uri("http://b:2")], UserName = "me", AttemptTimeout = TimeSpan.FromSeconds(10), MaxRetries = 2,
        }, _time, _server);

    public void Dispose() => _hdfs.Dispose();

    [Theory]
    [InlineData(403, "AccessControlException", HdfsError.AccessControl)]
    [InlineData(401, "SecurityException", HdfsError.AccessControl)]
    [InlineData(404, "FileNotFoundException", HdfsError.FileNotFound)]
    [InlineData(403, "NSQuotaExceededException", HdfsError.QuotaExceeded)]
    [InlineData(403, "DSQuotaExceededException", HdfsError.QuotaExceeded)]
    [InlineData(403, "FileAlreadyExistsException", HdfsError.FileAlreadyExists)]
    [InlineData(403, "AlreadyBeingCreatedException", HdfsError.Lease)]
    [InlineData(403, "PathIsNotEmptyDirectoryException", HdfsError.DirectoryNotEmpty)]
    [InlineData(400, "UnsupportedOperationException", HdfsError.Unsupported)]
    [InlineData(403, "IOException", HdfsError.Remote)]
    public async Task NamedErrorsAreTypedAndNotRepeated(int status, string exception, HdfsError error)
    {
        _server.Fails((HttpStatusCode)status, exception);
        WebHdfsException thrown = await Should.ThrowAsync<WebHdfsException>(() => _hdfs.ListStatusAsync("/x"));
        (thrown.Error, thrown.RemoteName, thrown.IsTransient).ShouldBe((error, exception, false));
        _server.Asked.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(403, "StandbyException", HdfsError.Standby)]
    [InlineData(403, "SafeModeException", HdfsError.SafeMode)]
    [InlineData(403, "RetriableException", HdfsError.Retriable)]
    [InlineData(500, "NullPointerException", HdfsError.Remote)]
    public async Task TransientErrorsAreTriedAgain(int status, string exception, HdfsError error)
    {
        _server.Fails((HttpStatusCode)status, exception).Fails((HttpStatusCode)status, exception).Fails((HttpStatusCode)status, exception);
        (await Should.ThrowAsync<WebHdfsException>(() => Advance(_hdfs.ListStatusAsync("/x")))).Error.ShouldBe(error);
        _server.Asked.Count.ShouldBe(3);
    }

    [Fact]
    public async Task AfterAStandbyTheClientAsksTheNextNameNodeAndKeepsIt()
    {
        _server.Fails(HttpStatusCode.Forbidden, "StandbyException").AnswersBoolean(true).AnswersBoolean(true);
        await _hdfs.MkdirsAsync("/x");
        await _hdfs.MkdirsAsync("/y");
        _server.Asked.Select(asked => new Uri(asked.Split(' ')[1]).Authority).ShouldBe(["a:1", "b:2", "b:2"]);
    }

    [Fact]
    public async Task AfterADeadNameNodeTheClientAsksTheNext()
    {
        _server.Breaks().AnswersBoolean(true);
        await _hdfs.MkdirsAsync("/x");
        _server.Asked.Count.ShouldBe(2);
    }

    [Fact]
    public async Task SafeModeIsRecognisedInADataNodesError()
    {
        _server.Fails(HttpStatusCode.Forbidden, "RemoteException", "org.apache.hadoop.hdfs.server.namenode.SafeModeException: Cannot create file")
            .AnswersBoolean(true);
        await Advance(_hdfs.MkdirsAsync("/x"));
        _server.Asked.Count.ShouldBe(2);
    }

    [Fact]
    public async Task NoAnswerIsATimeOut()
    {
        _server.Hangs().Hangs().Hangs();
        (await Should.ThrowAsync<WebHdfsException>(() => Advance(_hdfs.GetFileStatusAsync("/x")))).Error.ShouldBe(HdfsError.TimedOut);
    }

    [Fact]
    public async Task TheCallersCancellationIsNotATimeOut()
    {
        using CancellationTokenSource cancel = new();
        _server.Hangs();
        Task<FileStatus?> call = _hdfs.GetFileStatusAsync("/x", cancel.Token);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => call);
    }

    [Theory]
    [InlineData(200, "<html>It works!</html>")]
    [InlineData(200, "")]
    [InlineData(200, "null")]
    [InlineData(200, "{}")]
    [InlineData(200, """{"FileStatuses":null}""")]
    [InlineData(200, """{"FileStatuses":{"FileStatus":7}}""")]
    [InlineData(403, "<html>nginx</html>")]
    [InlineData(404, "404 page not found")]
    [InlineData(404, """{"RemoteException":null}""")]
    [InlineData(302, "")]
    public async Task AnAnswerThatIsNotWebHdfsIsAProtocolError(int status, string body)
    {
        _server.Answers((HttpStatusCode)status, body);
        (await Should.ThrowAsync<WebHdfsException>(() => _hdfs.ListStatusAsync("/x"))).Error.ShouldBe(HdfsError.Protocol);
    }

    [Fact]
    public void AnyBytesAreAnAnswerOrAProtocolError() => Gen.Select(Gen.String, Gen.Int[200, 599]).Sample((body, status) =>
    {
        ScriptedHandler any = new ScriptedHandler().Answers((HttpStatusCode)status, body);
        using WebHdfsClient client = new(new WebHdfsOptions { NameNodes = [new Uri("http://a:1")], MaxRetries = 0 }, handler: any);
        Should.Throw<WebHdfsException>(() => client.ListStatusAsync("/x"));
    }, iter: 1000, threads: 1);

    [Fact]
    public async Task AnEndlessAnswerIsCutOff()
    {
        using WebHdfsClient client = new(new WebHdfsOptions { NameNodes = [new Uri("http://a:1")], MaxAnswerBytes = 1000 }, handler: _server);
        _server.Answers(HttpStatusCode.OK, new string(' ', 2000));
        (await Should.ThrowAsync<WebHdfsException>(() => client.ListStatusAsync("/x"))).Error.ShouldBe(HdfsError.Protocol);
    }

    [Fact]
    public async Task CreateSendsTheBytesOnlyInItsSecondStep()
    {
        _server.Answers(HttpStatusCode.TemporaryRedirect, "", "http://dn:9/webhdfs/v1/x%2By?op=CREATE&token=1").Answers(HttpStatusCode.Created, "");
        await _hdfs.WriteAsync("/x+y", "content");
        _server.Asked.ShouldBe(["PUT http://a:1/webhdfs/v1/x%2By?op=CREATE&user.name=me&overwrite=false",
            "PUT http://dn:9/webhdfs/v1/x%2By?op=CREATE&token=1 content"]);
    }

    [Fact]
    public async Task ABrokenUploadIsRepeatedOnlyWhenItMayOverwrite()
    {
        const string DataNode = "http://dn:9/webhdfs/v1/x?op=CREATE";
        _server.Answers(HttpStatusCode.TemporaryRedirect, "", DataNode).Breaks();
        (await HdfsCalls.ErrorOfAsync(() => _hdfs.WriteAsync("/x", "content"))).ShouldBe(HdfsError.Unreachable);
        _server.Answers(HttpStatusCode.TemporaryRedirect, "", DataNode).Breaks()
            .Answers(HttpStatusCode.TemporaryRedirect, "", DataNode).Answers(HttpStatusCode.Created, "");
        await _hdfs.WriteAsync("/x", "content", overwrite: true);
        _server.Asked[^1].ShouldEndWith(" content"); // the whole content again, from its start
    }

    [Theory]
    [InlineData("ftp://dn:9/x")]
    [InlineData("file:///etc/passwd")]
    public async Task OnlyHttpIsFollowed(string location)
    {
        _server.Answers(HttpStatusCode.TemporaryRedirect, "", location);
        (await HdfsCalls.ErrorOfAsync(() => _hdfs.OpenAsync("/x"))).ShouldBe(HdfsError.Protocol);
    }

    [Fact]
    public async Task ARedirectWithoutAnAddressIsAProtocolError()
    {
        _server.Answers(HttpStatusCode.TemporaryRedirect, "");
        (await HdfsCalls.ErrorOfAsync(() => _hdfs.OpenAsync("/x"))).ShouldBe(HdfsError.Protocol);
    }

    /// <summary>After the answer false the client looks at the destination, then at the source, to find what happened.</summary>
    [Theory]
    [InlineData(true, true, RenameOutcome.DestinationExists)]
    [InlineData(true, false, RenameOutcome.AlreadyRenamed)]
    [InlineData(false, true, RenameOutcome.Refused)]
    public async Task AfterFalseTheClientLooksAtBothNames(bool destination, bool source, RenameOutcome outcome)
    {
        _server.AnswersBoolean(false);
        _ = destination ? _server.HasFile() : _server.HasNoFile();
        _ = source ? _server.HasFile() : _server.HasNoFile();
        (await _hdfs.RenameAsync("/a+b", "/c+d")).ShouldBe(outcome);
        _server.Asked[0].ShouldBe("PUT http://a:1/webhdfs/v1/a%2Bb?op=RENAME&user.name=me&destination=%2Fc%2Bd");
        _server.Asked[1].ShouldContain("/c%2Bd?op=GETFILESTATUS");
    }

    [Fact]
    public async Task ARenameThatSucceedsBetweenTheTwoLooksIsFound()
    {
        _server.AnswersBoolean(false).HasNoFile().HasNoFile().HasFile();
        (await _hdfs.RenameAsync("/a", "/b")).ShouldBe(RenameOutcome.AlreadyRenamed);
        _server.AnswersBoolean(false).HasNoFile().HasNoFile().HasNoFile();
        (await _hdfs.RenameAsync("/a", "/b")).ShouldBe(RenameOutcome.SourceMissing);
    }

    [Fact]
    public async Task AfterATimeOutOfARenameTheClientLooksAtBothNames()
    {
        _server.Hangs().Hangs().Hangs().HasFile().HasNoFile();
        (await Advance(_hdfs.RenameAsync("/a", "/b"))).ShouldBe(RenameOutcome.AlreadyRenamed);
    }

    [Fact]
    public async Task ATimedOutRenameThatMayStillSucceedStaysUnknown()
    {
        _server.Hangs().Hangs().Hangs().HasNoFile().HasFile();
        (await Should.ThrowAsync<WebHdfsException>(() => Advance(_hdfs.RenameAsync("/a", "/b")))).Error.ShouldBe(HdfsError.TimedOut);
    }

    [Theory]
    [InlineData("relative")]
    [InlineData("")]
    [InlineData("/a/../b")]
    [InlineData("/a/./b")]
    [InlineData("/a//b")]
    [InlineData("/a/")]
    public async Task PathsThatUriWouldResolveAreRefused(string path)
    {
        await Should.ThrowAsync<ArgumentException>(() => _hdfs.GetFileStatusAsync(path));
        await Should.ThrowAsync<ArgumentException>(() => _hdfs.RenameAsync("/x", path));
        _server.Asked.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("a:1")]
    [InlineData("ftp://a:1")]
    [InlineData("")]
    [InlineData(" , ")]
    public void AddressesAreChecked(string list) => Should.Throw<FormatException>(() => WebHdfsOptions.ParseNameNodes(list));

    [Fact]
    public void AddressesAreAList() => WebHdfsOptions.ParseNameNodes("http://a:1, https://b:2").Select(uri => uri.Authority).ShouldBe(["a:1", "b:2"]);

    private async Task<T> Advance<T>(Task<T> call)
    {
        while (!call.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        return await call;
    }

    private Task Advance(Task call) => Advance(Wrap(call));

    private static async Task<bool> Wrap(Task call)
    {
        await call;
        return true;
    }
}
