using System.Net;
using Game.GameServer.Accounts;
using Game.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace Game.GameServer.Tests;

/// <summary>A team's own accounts can answer late, not answer, or fail.</summary>
public sealed class PluggedAccountsTests
{
    private readonly FailingAccounts _accounts = new();

    private Task<TestServer> StartAsync() => TestServer.StartAsync(services: services => services.AddSingleton<IAccounts>(_accounts));

    [Fact]
    public async Task Accounts_that_fail_are_answered_503_nothing_is_published_and_no_failure_is_counted()
    {
        await using TestServer server = await StartAsync();
        _accounts.Failure = new InvalidOperationException("the account service is down");
        for (int i = 0; i < 20; i++)
        {
            await TestServer.ProblemAsync(await server.LoginAsync("p-1"), HttpStatusCode.ServiceUnavailable, "accounts-unavailable");
        }

        server.Log.Events.ShouldBeEmpty();
        _accounts.Failure = null;
        (await server.LoginAsync("p-1")).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Accounts_that_do_not_answer_within_the_publish_time_out_are_answered_503()
    {
        await using TestServer server = await StartAsync();
        _accounts.Hangs = true;
        Task<HttpResponseMessage> answer = server.LoginAsync("p-1");
        await _accounts.Asked.Task.WaitAsync(TestContext.Current.CancellationToken);
        server.Time.Advance(TimeSpan.FromSeconds(5));
        await TestServer.ProblemAsync(await answer, HttpStatusCode.ServiceUnavailable, "accounts-unavailable");
        server.Log.Events.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_stream_continues_after_the_accounts_have_failed()
    {
        await using TestServer server = await StartAsync();
        _accounts.Failure = new InvalidOperationException("the account service is down");
        using StreamClient stream = await server.StreamAsync();
        (await stream.AskAsync(Frame(1))).GetProperty("code").GetString().ShouldBe("accounts-unavailable");
        _accounts.Failure = null;
        (await stream.AskAsync(Frame(2))).GetProperty("status").GetInt32().ShouldBe(201);
        server.Log.Logins.ShouldHaveSingleItem().Outcome.ShouldBe(LoginOutcome.Ok);
    }

    private static string Frame(int n)
        => $$"""{"n":{{n}},"type":"login","idempotency_key":"{{TestServer.NewKey()}}","user_id":"p-1","secret":"s","device_id":"d","client_version":"1","client_address":"192.0.2.1"}""";

    private sealed class FailingAccounts : IAccounts
    {
        public Exception? Failure { get; set; }

        public bool Hangs { get; set; }

        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async ValueTask<bool> VerifyAsync(string userId, string secret, CancellationToken cancellation)
        {
            Asked.TrySetResult();
            if (Hangs)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
            }

            return Failure is null ? true : throw Failure;
        }
    }
}
