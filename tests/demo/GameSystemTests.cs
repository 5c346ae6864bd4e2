using System.Net;
using Game.Cli;
using Game.Cli.Processes;
using Game.WebHdfs;

namespace Game.Demo.Tests;

/// <summary>What a system says of parts that do not come up.</summary>
[Collection(GameHome.Name)]
public sealed class GameSystemTests : IAsyncLifetime
{
    private readonly TemporaryHome home = new();
    private GameSystem system = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        system = new GameSystem(SystemFolder.Create("demo", DateTimeOffset.UnixEpoch), new SystemOptions(4, BootstrapServers: null, WebHdfs: null));
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await system.DisposeAsync();
        home.Dispose();
    }

    [Fact]
    public async Task A_refusal_that_will_not_pass_ends_the_wait()
    {
        int asked = 0;
        UserErrorException told = await Should.ThrowAsync<UserErrorException>(UntilAsync(() =>
        {
            asked++;
            throw new WebHdfsException(HdfsError.InvalidArgument, "Invalid value for user.name.", HttpStatusCode.BadRequest);
        }, TimeSpan.FromMinutes(10)));
        told.Message.ShouldContain("Invalid value for user.name.");
        asked.ShouldBe(1);
    }

    [Fact]
    public async Task What_may_pass_is_waited_for()
    {
        Queue<Func<string?>> answers = new([
            () => throw new WebHdfsException(HdfsError.Standby, "standby", HttpStatusCode.Forbidden),
            () => throw new WebHdfsException(HdfsError.Retriable, "again", HttpStatusCode.Forbidden),
            () => throw new HttpRequestException("no connection"),
            () => "not yet",
            () => null]);
        await UntilAsync(() => Task.FromResult(answers.Dequeue()()), TimeSpan.FromMinutes(10));
        answers.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_last_answer_is_told_when_time_is_up()
        => (await Should.ThrowAsync<UserErrorException>(UntilAsync(() => Task.FromResult<string?>("the disk is full."), TimeSpan.Zero))).Message.ShouldContain("the disk is full; the logs");

    private Task UntilAsync(Func<Task<string?>> fault, TimeSpan limit) => system.UntilAsync("WebHDFS", fault, limit, Stop);
}
