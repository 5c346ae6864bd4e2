using System.Net;
using System.Text.Json;
using Game.Contracts;

namespace Game.GameServer.Tests;

/// <summary>What strangers can and cannot do to a player's account.</summary>
public sealed class StrangersTests
{
    private const string Home = "198.51.100.7";

    private static Task<TestServer> StartAsync() => TestServer.StartAsync(options => options with { TrustedProxies = [IPNetwork.Parse("127.0.0.1/32")] });

    [Fact]
    public async Task Wrong_secrets_from_anywhere_do_not_lock_the_player_out_at_home()
    {
        await using TestServer server = await StartAsync();
        (await server.LoginFromAsync(Home, "p-1")).StatusCode.ShouldBe(HttpStatusCode.Created);
        for (int i = 0; i < 300; i++)
        {
            await server.LoginFromAsync($"203.0.{i / 250}.{i % 250}", "p-1", "guess", $"burner-{i}");
        }

        server.Log.Logins.Count(login => login.Outcome == LoginOutcome.BadPassword).ShouldBe(100, "all strangers together");
        (await server.LoginFromAsync(Home, "p-1")).StatusCode.ShouldBe(HttpStatusCode.Created);
        await TestServer.ProblemAsync(await server.LoginFromAsync("203.0.113.200", "p-1", device: "d-1"), HttpStatusCode.Unauthorized, "locked");
    }

    [Fact]
    public async Task Ten_wrong_secrets_lock_out_only_the_network_and_device_they_come_from()
    {
        await using TestServer server = await StartAsync();
        for (int i = 0; i < 10; i++)
        {
            await TestServer.ProblemAsync(await server.LoginFromAsync("203.0.113.1", "p-1", "guess", "burner"), HttpStatusCode.Unauthorized, "bad-password");
        }

        await TestServer.ProblemAsync(await server.LoginFromAsync("203.0.113.1", "p-1", device: "burner"), HttpStatusCode.Unauthorized, "locked");
        await TestServer.ProblemAsync(await server.LoginFromAsync("203.0.113.1", "p-1", device: "burner-2"), HttpStatusCode.Unauthorized, "locked");
        await TestServer.ProblemAsync(await server.LoginFromAsync("203.0.113.2", "p-1", device: "burner"), HttpStatusCode.Unauthorized, "locked");
        (await server.LoginFromAsync(Home, "p-1")).StatusCode.ShouldBe(HttpStatusCode.Created, "a player who is not known yet either");
    }

    [Fact]
    public async Task Logins_of_strangers_do_not_count_against_the_players_limit()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with
        {
            LoginsPerMinute = 3,
            FailedLoginsPerMinute = 3,
            TrustedProxies = [IPNetwork.Parse("127.0.0.1/32")],
        });
        (await server.LoginFromAsync(Home, "p-1")).StatusCode.ShouldBe(HttpStatusCode.Created);
        foreach (string address in new[] { Home, "203.0.113.1" })
        {
            for (int i = 0; i < 10; i++)
            {
                await server.LoginFromAsync(address, "p-1", "guess", $"burner-{i}");
            }

            await TestServer.ProblemAsync(await server.LoginFromAsync(address, "p-1", "guess", "burner"), HttpStatusCode.TooManyRequests, "rate-limited");
        }

        (await server.LoginFromAsync(Home, "p-1")).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_server_learns_known_places_and_wrong_secrets_from_the_log()
    {
        await using TestServer first = await StartAsync();
        await using TestServer second = await StartAsync();
        (await first.LoginFromAsync(Home, "p-1")).StatusCode.ShouldBe(HttpStatusCode.Created);
        for (int i = 0; i < 100; i++)
        {
            await first.LoginFromAsync($"203.0.113.{i}", "p-1", "guess", $"burner-{i}");
        }

        second.Follow(first);
        await TestServer.ProblemAsync(await second.LoginFromAsync("203.0.113.200", "p-1", device: "burner-200"), HttpStatusCode.Unauthorized, "locked");
        (await second.LoginFromAsync(Home, "p-1")).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_key_that_another_server_published_with_other_content_is_refused()
    {
        await using TestServer first = await StartAsync();
        await using TestServer second = await StartAsync();
        Guid login = TestServer.NewKey(), trade = TestServer.NewKey();
        (await first.LoginFromAsync(Home, "p-1", key: login)).StatusCode.ShouldBe(HttpStatusCode.Created);
        string small = TestServer.Trade("\"user_id\":\"p-1\"", "\"user_id\":\"p-2\"");
        (await first.TradeAsync(small, trade)).StatusCode.ShouldBe(HttpStatusCode.Created);

        second.Follow(first);
        await TestServer.ProblemAsync(await second.LoginFromAsync("203.0.113.1", "p-1", key: login), HttpStatusCode.UnprocessableEntity,
            "idempotency-key-reused");
        await TestServer.ProblemAsync(await second.TradeAsync(small.Replace("-100", "-99999"), trade), HttpStatusCode.UnprocessableEntity,
            "idempotency-key-reused");
        second.Log.Events.ShouldBeEmpty();
        JsonElement retried = await TestServer.JsonAsync(await second.LoginFromAsync(Home, "p-1", key: login));
        retried.GetProperty("event_id").GetGuid().ShouldBe(login);
        (await second.TradeAsync(small, trade)).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("user_id")]
    [InlineData("device_id")]
    [InlineData("client_version")]
    public async Task Control_characters_in_a_login_are_refused_by_name(string name)
    {
        await using TestServer server = await StartAsync();
        foreach (string control in new[] { "\\u001b]0;title\\u0007", "\\n", "\\u0000", "\\u007f", "\\u009b" })
        {
            Dictionary<string, string> fields = new() { ["user_id"] = "p", ["secret"] = "s", ["device_id"] = "d", ["client_version"] = "1" };
            fields[name] = "x" + control;
            string body = "{" + string.Join(',', fields.Select(field => $"\"{field.Key}\":\"{field.Value}\"")) + "}";
            JsonElement problem = await TestServer.ProblemAsync(await server.PostAsync("/v1/sessions", body), HttpStatusCode.BadRequest, "invalid-field");
            problem.GetProperty("field").GetString().ShouldBe(name);
            problem.GetProperty("detail").GetString().ShouldBe($"The field '{name}' has a control character.");
        }

        server.Log.Events.ShouldBeEmpty();
        (await server.LoginAsync("p", secret: "\\n")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized, "a secret has any characters");
    }

    [Theory]
    [InlineData("\"trade_id\":\"t\\u0007\",\"channel\":\"direct\"", "p-1", "trade_id")]
    [InlineData("\"item_id\":\"i\\u001b\",\"channel\":\"direct\"", "p-1", "item_id")]
    [InlineData("\"channel\":\"direct\"", "p\\r", "first.user_id")]
    public async Task Control_characters_in_a_trade_are_refused_by_name(string terms, string user, string name)
    {
        await using TestServer server = await StartAsync();
        string body = TestServer.Trade($"\"user_id\":\"{user}\"", "\"user_id\":\"p-2\"", terms);
        JsonElement problem = await TestServer.ProblemAsync(await server.TradeAsync(body), HttpStatusCode.BadRequest, "invalid-field");
        problem.GetProperty("field").GetString().ShouldBe(name);
        server.Log.Events.ShouldBeEmpty();
    }
}
