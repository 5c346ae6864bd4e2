using System.Net;
using System.Text;
using System.Text.Json;
using Game.Contracts;

namespace Game.GameServer.Tests;

public sealed class TradesTests
{
    [Fact]
    public async Task Both_sides_are_published_each_with_its_own_values()
    {
        await using TestServer server = await TestServer.StartAsync();
        string token = await server.TokenAsync("p-1");
        LoginEvent login = server.Log.Logins.Single();
        Guid key = TestServer.NewKey();

        HttpResponseMessage response = await server.TradeAsync(
            $$"""
            {"trade_id":"t-1","channel":"guild-bank","item_id":"sword","item_value":7,
             "first":{"session_token":"{{token}}","gold_delta":-100,"gold_balance":900,"item_delta":2,"inventory_value":50},
             "second":{"user_id":"p-2","gold_delta":95,"gold_balance":195,"item_delta":-2,"inventory_value":60} }
            """,
            key);

        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        TradeEvent[] sides = [.. server.Log.Trades];
        sides[0].ShouldBe(new TradeEvent
        {
            EventId = key,
            UserId = "p-1",
            Ts = server.Time.GetUtcNow().ToUnixTimeMilliseconds(),
            ServerId = "gs-test",
            SessionId = login.SessionId,
            Ip = login.Ip,
            TradeId = "t-1",
            CounterpartyId = "p-2",
            Channel = TradeChannel.GuildBank,
            GoldDelta = -100,
            GoldBalance = 900,
            ItemId = "sword",
            ItemDelta = 2,
            ItemValue = 7,
            InventoryValue = 50,
        });
        sides[1].ShouldBe(sides[0] with
        {
            EventId = EventIds.ForSide(key, TradeSide.Second),
            UserId = "p-2",
            SessionId = "",
            Ip = "",
            CounterpartyId = "p-1",
            GoldDelta = 95,
            GoldBalance = 195,
            ItemDelta = -2,
            InventoryValue = 60,
        });
        JsonElement answer = await TestServer.JsonAsync(response);
        answer.GetProperty("trade_id").GetString().ShouldBe("t-1");
        answer.GetProperty("event_ids").EnumerateArray().Select(id => id.GetGuid()).ShouldBe(sides.Select(side => side.EventId));
        server.Log.Actions.Last().Headers.Select(header => header.Key).ShouldBe(["schema", "traceparent"]);
        Encoding.ASCII.GetString(server.Log.Actions.Last().Headers.GetLastBytes("schema")).ShouldBe("game.trade/1");
    }

    [Fact]
    public async Task Without_an_id_of_its_own_a_trade_is_named_by_its_first_event()
    {
        await using TestServer server = await TestServer.StartAsync();
        Guid key = TestServer.NewKey();
        await server.TradeAsync(TestServer.Trade("\"user_id\":\"a\"", "\"user_id\":\"b\""), key);
        server.Log.Trades.Select(side => side.TradeId).ShouldBe([key.ToString(), key.ToString()]);
    }

    [Fact]
    public async Task A_half_published_trade_is_answered_503_and_completed_under_the_same_ids()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Log.HoldsAcknowledgements = true;
        Guid key = TestServer.NewKey();
        string body = TestServer.Trade("\"user_id\":\"a\"", "\"user_id\":\"b\"");
        Task<HttpResponseMessage> first = server.TradeAsync(body, key);
        Actions.PlayerAction half = server.Log.NextHeld();
        half.CompleteEvent(acknowledged: true);
        first.IsCompleted.ShouldBeFalse();
        half.CompleteEvent(acknowledged: false);
        await TestServer.ProblemAsync(await first, HttpStatusCode.ServiceUnavailable, "unavailable");

        server.Log.HoldsAcknowledgements = false;
        (await server.TradeAsync(body, key)).StatusCode.ShouldBe(HttpStatusCode.Created);
        Guid[] ids = [.. server.Log.Trades.Select(side => side.EventId)];
        ids[2..].ShouldBe(ids[..2]);
    }

    /// <summary>Readers of the log would treat the second trade, which has the same ids, as a repeat of the first, and it would be lost.</summary>
    [Theory]
    [InlineData("\"user_id\":\"a\"", "\"user_id\":\"c\"", "\"channel\":\"direct\"")]
    [InlineData("\"user_id\":\"b\"", "\"user_id\":\"a\"", "\"channel\":\"direct\"")]
    [InlineData("\"user_id\":\"a\"", "\"user_id\":\"b\"", "\"channel\":\"mail\"")]
    [InlineData("\"user_id\":\"a\"", "\"user_id\":\"b\"", "\"channel\":\"direct\",\"item_id\":\"x\"")]
    [InlineData("\"user_id\":\"a\"", "\"user_id\":\"b\"", "\"channel\":\"direct\",\"item_id\":\"x\",\"item_value\":1")]
    [InlineData("\"user_id\":\"a\"", "\"user_id\":\"b\"", "\"channel\":\"direct\",\"trade_id\":\"t\"")]
    public async Task A_key_that_came_with_another_trade_is_refused_and_nothing_is_published(string first, string second, string terms)
    {
        await using TestServer server = await TestServer.StartAsync();
        Guid key = TestServer.NewKey();
        string body = TestServer.Trade("\"user_id\":\"a\"", "\"user_id\":\"b\"");
        (await server.TradeAsync(body, key)).StatusCode.ShouldBe(HttpStatusCode.Created);
        await TestServer.ProblemAsync(await server.TradeAsync(TestServer.Trade(first, second, terms), key), HttpStatusCode.UnprocessableEntity,
            "idempotency-key-reused");
        (await server.TradeAsync(body, key)).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await server.TradeAsync(TestServer.Trade(first, second, terms))).StatusCode.ShouldBe(HttpStatusCode.Created);
        server.Log.Trades.Count().ShouldBe(6);
    }

    [Theory]
    [InlineData("gold_delta")]
    [InlineData("gold_balance")]
    [InlineData("item_delta")]
    [InlineData("inventory_value")]
    public async Task Another_number_on_either_side_makes_another_trade(string field)
    {
        const string Body =
            """{"channel":"direct","item_id":"x","first":{"user_id":"a","gold_delta":1,"gold_balance":1,"item_delta":1,"inventory_value":1},"second":{"user_id":"b","gold_delta":1,"gold_balance":1,"item_delta":1,"inventory_value":1} }""";
        await using TestServer server = await TestServer.StartAsync();
        Guid key = TestServer.NewKey();
        (await server.TradeAsync(Body, key)).StatusCode.ShouldBe(HttpStatusCode.Created);
        int first = Body.IndexOf(field, StringComparison.Ordinal), second = Body.LastIndexOf(field, StringComparison.Ordinal);
        foreach (int at in (int[])[first, second])
        {
            string changed = Body.Remove(at + field.Length + 2, 1).Insert(at + field.Length + 2, "2");
            await TestServer.ProblemAsync(await server.TradeAsync(changed, key), HttpStatusCode.UnprocessableEntity, "idempotency-key-reused");
        }
    }

    [Fact]
    public async Task A_retry_may_bring_a_newer_session_of_the_same_player()
    {
        await using TestServer server = await TestServer.StartAsync();
        Guid key = TestServer.NewKey();
        foreach (string token in (string[])[await server.TokenAsync("p-1"), await server.TokenAsync("p-1")])
        {
            (await server.TradeAsync(TestServer.Trade($"\"session_token\":\"{token}\"", "\"user_id\":\"b\""), key)).StatusCode.ShouldBe(HttpStatusCode.Created);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("wrong-credential-of-some-length")]
    [InlineData("the-world's-service-credential-and-more")]
    public async Task Only_the_world_may_report_trades(string? credential)
    {
        await using TestServer server = await TestServer.StartAsync();
        HttpResponseMessage response = await server.PostAsync("/v1/trades", TestServer.Trade("\"user_id\":\"a\"", "\"user_id\":\"b\""), null, credential);
        await TestServer.ProblemAsync(response, HttpStatusCode.Unauthorized, "credential");
        response.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");
        server.Log.Events.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_players_session_is_no_credential()
    {
        await using TestServer server = await TestServer.StartAsync();
        string token = await server.TokenAsync("p-1");
        HttpResponseMessage response = await server.PostAsync("/v1/trades", TestServer.Trade("\"user_id\":\"a\"", "\"user_id\":\"b\""), null, token);
        await TestServer.ProblemAsync(response, HttpStatusCode.Unauthorized, "credential");
    }

    [Fact]
    public async Task Both_credentials_are_accepted_while_one_replaces_the_other()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with
        {
            ServiceCredentials = ["the-old-credential",
            "the-new-credential"]
        });
        foreach (string credential in new[] { "the-old-credential", "the-new-credential" })
        {
            (await server.PostAsync("/v1/trades", TestServer.Trade("\"user_id\":\"a\"", "\"user_id\":\"b\""), null,
                credential)).StatusCode.ShouldBe(HttpStatusCode.Created);
        }
    }

    [Fact]
    public async Task A_session_of_another_server_with_the_same_keys_is_accepted()
    {
        await using TestServer one = await TestServer.StartAsync();
        string keys = Directory.CreateTempSubdirectory("game-server-keys-").FullName;
        await using TestServer two = await TestServer.StartAsync(keys: keys);
        string token = await two.TokenAsync("p-1");
        await using TestServer three = await TestServer.StartAsync(keys: keys);
        string body = TestServer.Trade($"\"session_token\":\"{token}\"", "\"user_id\":\"b\"");

        (await three.TradeAsync(body)).StatusCode.ShouldBe(HttpStatusCode.Created);
        three.Log.Trades.First().UserId.ShouldBe("p-1");
        JsonElement problem = await TestServer.ProblemAsync(await one.TradeAsync(body), HttpStatusCode.UnprocessableEntity, "session-invalid");
        problem.GetProperty("field").GetString().ShouldBe("first.session_token");
    }

    [Fact]
    public async Task An_expired_session_is_refused()
    {
        await using TestServer server = await TestServer.StartAsync();
        string body = TestServer.Trade("\"user_id\":\"b\"", $"\"session_token\":\"{await server.TokenAsync("p-1")}\"");
        server.Time.Advance(TimeSpan.FromHours(24) - TimeSpan.FromMilliseconds(1));
        (await server.TradeAsync(body)).StatusCode.ShouldBe(HttpStatusCode.Created);
        server.Time.Advance(TimeSpan.FromMilliseconds(1));
        JsonElement problem = await TestServer.ProblemAsync(await server.TradeAsync(body), HttpStatusCode.UnprocessableEntity, "session-invalid");
        problem.GetProperty("field").GetString().ShouldBe("second.session_token");
    }

    [Theory]
    [InlineData("""{"channel":"direct"}""", "first")]
    [InlineData("""{"channel":"bazaar","first":F,"second":S}""", "channel")]
    [InlineData("""{"first":F,"second":S}""", "channel")]
    [InlineData("""{"channel":5,"first":F,"second":S}""", "channel")]
    [InlineData("""{"channel":"mail","first":F}""", "second")]
    [InlineData("""{"channel":"mail","first":F,"second":7}""", "second")]
    [InlineData("""{"channel":"mail","first":F,"second":F}""", "second")]
    [InlineData("""{"channel":"mail","trade_id":"","first":F,"second":S}""", "trade_id")]
    [InlineData("""{"channel":"mail","item_value":-1,"first":F,"second":S}""", "item_value")]
    [InlineData("""{"channel":"mail","item_value":1,"first":F,"second":S}""", "item_id")]
    [InlineData("""{"channel":"mail","first":F,"second":{"user_id":"s","gold_balance":1,"inventory_value":1}}""", "second.gold_delta")]
    [InlineData("""{"channel":"mail","first":F,"second":{"user_id":"s","gold_delta":1,"gold_balance":-1,"inventory_value":1}}""", "second.gold_balance")]
    [InlineData("""{"channel":"mail","first":F,"second":{"user_id":"s","gold_delta":9007199254740993,"gold_balance":1,"inventory_value":1}}""",
        "second.gold_delta")]
    [InlineData("""{"channel":"mail","first":F,"second":{"user_id":"s","gold_delta":1e400,"gold_balance":1,"inventory_value":1}}""", "second.gold_delta")]
    [InlineData("""{"channel":"mail","first":F,"second":{"user_id":"s","gold_delta":1.5,"gold_balance":1,"inventory_value":1}}""", "second.gold_delta")]
    [InlineData("""{"channel":"mail","first":F,"second":{"user_id":"s","gold_delta":"1","gold_balance":1,"inventory_value":1}}""", "second.gold_delta")]
    [InlineData("""{"channel":"mail","first":F,"second":{"user_id":"s","gold_delta":1,"gold_balance":1,"item_delta":1000000001,"inventory_value":1}}""",
        "second.item_delta")]
    [InlineData("""{"channel":"mail","first":F,"second":{"user_id":"s","session_token":"t","gold_delta":1,"gold_balance":1,"inventory_value":1}}""", "second")]
    [InlineData("""{"channel":"mail","first":F,"second":{"gold_delta":1,"gold_balance":1,"inventory_value":1}}""", "second.user_id")]
    [InlineData("""{"channel":"mail","first":F,"second":{"user_id":"s","ip":"1.2.3.4","gold_delta":1,"gold_balance":1,"inventory_value":1}}""", "second.ip")]
    public async Task A_bad_trade_is_refused_by_the_name_of_its_field(string body, string field)
    {
        const string Good = """{"user_id":"f","gold_delta":1,"gold_balance":1,"inventory_value":1}""";
        await using TestServer server = await TestServer.StartAsync();
        string whole = body.Replace(":F", ":" + Good).Replace(":S", ":" + Good.Replace("\"f\"", "\"s\""));
        JsonElement problem = await TestServer.ProblemAsync(await server.TradeAsync(whole), HttpStatusCode.BadRequest, "invalid-field");
        problem.GetProperty("field").GetString().ShouldBe(field);
        server.Log.Events.ShouldBeEmpty();
    }
}
