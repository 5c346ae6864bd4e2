using System.Net;
using Game.Cli;
using Game.Cli.Processes;
using Game.WebHdfs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Game.Demo.Tests;

/// <summary>The errors of a system whose processes do not start or end unexpectedly.</summary>
[Collection(GameHome.Name)]
public sealed class GameSystemTests : IAsyncLifetime
{
    private readonly TemporaryHome _home = new();
    private GameSystem _system = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _system = new GameSystem(SystemFolder.Create("demo", DateTimeOffset.UnixEpoch), new SystemOptions(4, BootstrapServers: null, WebHdfs: null));
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _system.DisposeAsync();
        _home.Dispose();
    }

    [Fact]
    public async Task A_permanent_refusal_ends_the_wait()
    {
        int calls = 0;
        UserErrorException error = await Should.ThrowAsync<UserErrorException>(UntilAsync(() =>
        {
            calls++;
            throw new WebHdfsException(HdfsError.InvalidArgument, "Invalid value for user.name.", HttpStatusCode.BadRequest);
        }, TimeSpan.FromMinutes(10)));
        error.Message.ShouldContain("Invalid value for user.name.");
        calls.ShouldBe(1);
    }

    [Fact]
    public async Task The_wait_continues_after_temporary_failures()
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
    public async Task The_error_after_the_time_limit_names_the_last_answer()
        => (await Should.ThrowAsync<UserErrorException>(UntilAsync(() => Task.FromResult<string?>("the disk is full."), TimeSpan.Zero)))
            .Message.ShouldContain("the disk is full; the logs");

    [Fact]
    public async Task A_process_that_ends_is_named_with_its_last_log_line_while_a_call_still_waits()
    {
        _home.Publish("broker", "echo 'No space left on device'; exit 1");
        _system.Start("broker", "broker");
        UserErrorException error = await Should.ThrowAsync<UserErrorException>(
            _system.WhileAllRunAsync(() => new TaskCompletionSource<bool>().Task, Stop));
        error.Message.ShouldContain("The broker ended unexpectedly; the last line of its log: No space left on device");
        error.Message.ShouldContain(Path.Combine(_system.Folder.Logs, "broker.log"));
    }

    [Fact]
    public async Task A_killed_process_does_not_stop_the_work()
    {
        _home.Publish("detector", "exec sleep 600");
        _system.Start("detector-1", "detector");
        _system.Children[0].Kill();
        await _system.Children[0].StopAsync();
        (await _system.WhileAllRunAsync(() => Task.FromResult(5), Stop)).ShouldBe(5);
    }

    [Fact]
    public async Task An_interrupt_ends_the_wait_for_a_call()
    {
        using CancellationTokenSource interrupt = new();
        Task<bool> waiting = _system.WhileAllRunAsync(() => new TaskCompletionSource<bool>().Task, interrupt.Token);
        await interrupt.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting);
    }

    [Fact]
    public async Task The_problem_that_the_sink_reports_is_returned()
    {
        (await _system.ProblemAsync(Stop)).ShouldBeNull("no process of the system runs");
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using WebApplication sink = builder.Build();
        sink.MapGet("/readyz", () => Results.Text("The disk that holds the server's folder is full.", statusCode: 503));
        sink.Urls.Add(_system.Endpoints.Sink);
        await sink.StartAsync(Stop);
        (await _system.ProblemAsync(Stop)).ShouldBe("the hdfs-sink reports: The disk that holds the server's folder is full.");
    }

    private Task UntilAsync(Func<Task<string?>> fault, TimeSpan limit) => _system.UntilAsync("WebHDFS", fault, limit, Stop);
}
