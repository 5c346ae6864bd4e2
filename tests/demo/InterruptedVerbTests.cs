using System.CommandLine;
using System.Text.Json;
using Game.Cli;
using Game.Cli.Verbs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Game.Demo.Tests;

/// <summary>Ctrl-C while a verb runs.</summary>
[Collection(GameHome.Name)]
public sealed class InterruptedVerbTests : IDisposable
{
    private readonly TemporaryHome _home = new();
    private readonly CancellationTokenSource _interrupt = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _interrupt.Dispose();
        _home.Dispose();
    }

    [Fact]
    public async Task An_interrupted_load_writes_the_report_of_what_ran_until_then()
    {
        await using WebApplication server = ServerThatInterrupts();
        await server.StartAsync(Stop);
        string report = Path.Combine(_home.Path, "report.json");
        (await RunAsync(SimulateVerb.Create(), "simulate", "--target", server.Urls.Single(), "--transport", "http", "--credential-file",
            Written("credential"), "--accounts-key-file", Written("accounts"), "--players", "50", "--rate", "50", "--seconds", "600", "--report", report))
            .ShouldBe(130);
        JsonElement written = JsonDocument.Parse(await File.ReadAllTextAsync(report, Stop)).RootElement;
        written.GetProperty("sent").GetInt64().ShouldBePositive();
        written.GetProperty("interrupted").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task An_interrupted_bench_of_the_detector_ends_the_detector_and_waits_for_its_end()
    {
        string started = Path.Combine(_home.Path, "started"), ended = Path.Combine(_home.Path, "ended");
        _home.Publish("detector", $"trap 'kill $!; touch {ended}; exit 7' TERM; sleep 600 & touch {started}; wait");
        Task<int> running = RunAsync(BenchVerb.Create(), "bench", "detector");
        while (!File.Exists(started))
        {
            Stop.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        await _interrupt.CancelAsync();
        (await running).ShouldBe(130);
        File.Exists(ended).ShouldBeTrue();
    }

    private async Task<int> RunAsync(Command verb, params string[] arguments)
    {
        await using StringWriter errors = new();
        int code = await Outcome.OfAsync(new Command("./game") { verb }, arguments, errors, _interrupt.Token);
        errors.ToString().ShouldBeEmpty();
        return code;
    }

    /// <summary>A game server that answers no action; the first one is when the user presses Ctrl-C.</summary>
    private WebApplication ServerThatInterrupts()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        WebApplication server = builder.Build();
        server.Urls.Add("http://127.0.0.1:0");
        server.MapGet("/readyz", () => "ok");
        server.MapGet("/v1/stream", () => Results.StatusCode(StatusCodes.Status426UpgradeRequired));
        server.MapFallback(async (HttpContext http) =>
        {
            await _interrupt.CancelAsync();
            await Task.Delay(Timeout.Infinite, http.RequestAborted);
        });
        return server;
    }

    private string Written(string file)
    {
        string path = Path.Combine(_home.Path, file);
        File.WriteAllText(path, "a secret of 32 characters or more, of this test");
        return path;
    }
}
