using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Game.Contracts;

namespace Game.GameServer.Tests;

public sealed class StreamTests
{
    [Fact]
    public async Task A_login_and_a_trade_on_its_token()
    {
        await using TestServer server = await TestServer.StartAsync();
        using StreamClient world = await server.StreamAsync();
        Guid login = TestServer.NewKey(), trade = TestServer.NewKey();

        JsonElement session = await world.AskAsync(StreamClient.Login(1, "p-1", login));
        session.GetProperty("n").GetInt64().ShouldBe(1);
        session.GetProperty("status").GetInt32().ShouldBe(201);
        session.GetProperty("event_id").GetGuid().ShouldBe(login);
        string token = session.GetProperty("session_token").GetString()!;
        JsonElement traded = await world.AskAsync(StreamClient.Trade(2, trade, $"\"session_token\":\"{token}\"", "\"user_id\":\"p-2\""));
        traded.GetProperty("status").GetInt32().ShouldBe(201);
        traded.GetProperty("trade_id").GetString().ShouldBe(trade.ToString());

        server.Log.Logins.ShouldHaveSingleItem().Ip.ShouldBe("203.0.113.9");
        TradeEvent[] sides = [.. server.Log.Trades];
        sides[0].Ip.ShouldBe("203.0.113.9");
        sides[0].SessionId.ShouldBe(session.GetProperty("session_id").GetString());
        traded.GetProperty("event_ids").EnumerateArray().Select(id => id.GetGuid()).ShouldBe(sides.Select(side => side.EventId));
    }

    [Fact]
    public async Task A_failed_login_is_published_and_answered_with_its_event()
    {
        await using TestServer server = await TestServer.StartAsync();
        using StreamClient world = await server.StreamAsync();
        Guid key = TestServer.NewKey();
        JsonElement answer = await world.AskAsync(StreamClient.Login(7, "p-1", key, "wrong"));
        answer.GetProperty("status").GetInt32().ShouldBe(401);
        answer.GetProperty("code").GetString().ShouldBe("bad-password");
        answer.GetProperty("outcome").GetString().ShouldBe("bad-password");
        answer.GetProperty("event_id").GetGuid().ShouldBe(key);
        server.Log.Logins.ShouldHaveSingleItem().Outcome.ShouldBe(LoginOutcome.BadPassword);
    }

    [Fact]
    public async Task Events_are_published_in_the_order_of_the_requests()
    {
        await using TestServer server = await TestServer.StartAsync();
        using StreamClient world = await server.StreamAsync();
        const int Count = 2_000;
        Guid[] keys = [.. Enumerable.Range(0, Count).Select(_ => TestServer.NewKey())];
        for (int i = 0; i < Count; i += 50)
        {
            await world.SendAsync(string.Join('\n', Enumerable.Range(i, 50).Select(n => StreamClient.Login(n, "p-" + n % 7, keys[n]))));
        }

        HashSet<long> numbers = new();
        while (numbers.Count < Count)
        {
            numbers.Add((await world.ReceiveAsync())!.Value.GetProperty("n").GetInt64()).ShouldBeTrue();
        }
        server.Log.Events.Select(login => login.EventId).ShouldBe(keys);
    }

    [Fact]
    public async Task Answers_are_sent_as_actions_complete()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Log.HoldsAcknowledgements = true;
        using StreamClient world = await server.StreamAsync();
        await world.SendAsync(StreamClient.Login(1, "p-1", TestServer.NewKey()) + "\n" + StreamClient.Login(2, "p-2", TestServer.NewKey()));
        Actions.PlayerAction first = server.Log.NextHeld(), second = server.Log.NextHeld();
        RecordingPublisher.Complete(second, acknowledged: true);
        (await world.ReceiveAsync())!.Value.GetProperty("n").GetInt64().ShouldBe(2);
        RecordingPublisher.Complete(first, acknowledged: false);
        JsonElement failed = (await world.ReceiveAsync())!.Value;
        failed.GetProperty("n").GetInt64().ShouldBe(1);
        failed.GetProperty("status").GetInt32().ShouldBe(503);
        failed.GetProperty("retry_after").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task A_full_window_stops_the_reading_until_answers_are_sent()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with { StreamWindow = 3 });
        server.Log.HoldsAcknowledgements = true;
        using StreamClient world = await server.StreamAsync();
        await world.SendAsync(string.Join('\n', Enumerable.Range(0, 5).Select(n => StreamClient.Login(n, "p-1", TestServer.NewKey()))));
        Actions.PlayerAction[] window = [server.Log.NextHeld(), server.Log.NextHeld(), server.Log.NextHeld()];
        server.Log.Actions.Count.ShouldBe(3);

        RecordingPublisher.Complete(window[0], acknowledged: true);
        (await world.ReceiveAsync())!.Value.GetProperty("n").GetInt64().ShouldBe(0);
        server.Log.NextHeld().RequestNumber.ShouldBe(3);
        server.Log.Actions.Count.ShouldBe(4);
        RecordingPublisher.Complete(window[1], acknowledged: true);
        server.Log.NextHeld().RequestNumber.ShouldBe(4);
    }

    [Theory]
    [InlineData("nonsense", null, "malformed-json", null)]
    [InlineData("[]", null, "malformed-json", null)]
    [InlineData("{\"n\":4,", 4, "malformed-json", null)]
    [InlineData("{\"n\":4,\"type\":5}", 4, "invalid-field", "type")]
    [InlineData("{}", null, "invalid-field", "n")]
    [InlineData("{\"n\":-1}", null, "invalid-field", "n")]
    [InlineData("{\"n\":1e99}", null, "invalid-field", "n")]
    [InlineData("{\"n\":9007199254740993}", null, "invalid-field", "n")]
    [InlineData("{\"n\":\"1\"}", null, "invalid-field", "n")]
    [InlineData("{\"n\":4}", 4, "invalid-field", "type")]
    [InlineData("{\"n\":4,\"type\":\"logout\"}", 4, "invalid-field", "type")]
    [InlineData("{\"n\":4,\"type\":\"login\"}", 4, "idempotency-key", null)]
    [InlineData("{\"n\":4,\"type\":\"login\",\"idempotency_key\":\"x\"}", 4, "idempotency-key", null)]
    [InlineData("{\"n\":4,\"type\":\"login\",\"idempotency_key\":KEY}", 4, "invalid-field", "user_id")]
    [InlineData("{\"n\":4,\"type\":\"login\",\"idempotency_key\":KEY,\"user_id\":\"a\",\"secret\":\"s\",\"device_id\":\"\",\"client_version\":\"\"}", 4,
        "invalid-field", "client_address")]
    [InlineData("{\"n\":4,\"type\":\"login\",\"idempotency_key\":KEY,\"user_id\":\"a\",\"secret\":\"s\",\"device_id\":\"\",\"client_version\":\"\",\"client_address\":\"1.2.3\"}", 4, "invalid-field", "client_address")]
    [InlineData("{\"n\":4,\"type\":\"login\",\"idempotency_key\":KEY,\"channel\":\"mail\"}", 4, "invalid-field", "channel")]
    [InlineData("{\"n\":4,\"type\":\"trade\",\"idempotency_key\":KEY,\"secret\":\"s\"}", 4, "invalid-field", "secret")]
    [InlineData("{\"n\":4,\"type\":\"trade\",\"idempotency_key\":KEY}", 4, "invalid-field", "channel")]
    [InlineData("{\"n\":4,\"type\":\"trade\",\"idempotency_key\":KEY,\"ts\":1}", 4, "invalid-field", "ts")]
    public async Task A_bad_frame_is_answered_and_the_stream_continues(string frame, int? n, string code, string? field)
    {
        await using TestServer server = await TestServer.StartAsync();
        using StreamClient world = await server.StreamAsync();

        JsonElement answer = await world.AskAsync(frame.Replace("KEY", $"\"{TestServer.NewKey()}\""));

        answer.GetProperty("status").GetInt32().ShouldBe(400);
        answer.GetProperty("code").GetString().ShouldBe(code);
        answer.GetProperty("n").ValueKind.ShouldBe(n is null ? JsonValueKind.Null : JsonValueKind.Number);
        (answer.TryGetProperty("field", out JsonElement named) ? named.GetString() : null).ShouldBe(field);
        server.Log.Events.ShouldBeEmpty();
        (await world.AskAsync(StreamClient.Login(5, "p-1", TestServer.NewKey()))).GetProperty("status").GetInt32().ShouldBe(201);
    }

    [Fact]
    public async Task An_oversize_frame_is_answered_and_the_stream_continues()
    {
        await using TestServer server = await TestServer.StartAsync();
        using StreamClient world = await server.StreamAsync();
        await world.SendAsync(new string('x', 20_000) + "\n\n  \r\n" + StreamClient.Login(5, "p-1", TestServer.NewKey()) + "\n");
        (await world.ReceiveAsync())!.Value.GetProperty("code").GetString().ShouldBe("too-large");
        (await world.ReceiveAsync())!.Value.GetProperty("n").GetInt64().ShouldBe(5);
    }

    [Fact]
    public async Task A_frame_may_come_in_pieces()
    {
        await using TestServer server = await TestServer.StartAsync();
        using StreamClient world = await server.StreamAsync();
        byte[] frame = Encoding.UTF8.GetBytes(StreamClient.Login(5, "p-1", TestServer.NewKey()));
        foreach (byte[] piece in frame.Chunk(7))
        {
            await world.SendAsync(piece, endOfMessage: false);
        }
        await world.SendAsync([], endOfMessage: true);
        (await world.ReceiveAsync())!.Value.GetProperty("n").GetInt64().ShouldBe(5);
    }

    [Fact]
    public async Task Binary_oversize_and_broken_text_close_the_stream_with_a_reason()
    {
        await using TestServer server = await TestServer.StartAsync();
        using StreamClient binary = await server.StreamAsync();
        await binary.SendAsync("{}"u8.ToArray(), WebSocketMessageType.Binary);
        (await binary.CloseStatusAsync()).ShouldBe(WebSocketCloseStatus.InvalidMessageType);

        using StreamClient large = await server.StreamAsync();
        await large.SendAsync(new string(' ', 300_000));
        (await large.CloseStatusAsync()).ShouldBe(WebSocketCloseStatus.MessageTooBig);

        using StreamClient broken = await server.StreamAsync();
        await broken.SendAsync([0xC3, 0x28]);
        // The framework resets this connection itself, and the reset may overtake its close frame.
        if (await Record.ExceptionAsync(broken.CloseStatusAsync) is { } reset)
        {
            reset.ShouldBeOfType<WebSocketException>();
        }
        else
        {
            broken.Socket.CloseStatus.ShouldBe(WebSocketCloseStatus.InvalidPayloadData);
        }

        using StreamClient good = await server.StreamAsync();
        (await good.AskAsync(StreamClient.Login(1, "p-1", TestServer.NewKey()))).GetProperty("status").GetInt32().ShouldBe(201);
    }

    [Fact]
    public async Task A_client_that_closes_gets_the_answers_to_all_its_requests()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Log.HoldsAcknowledgements = true;
        using StreamClient world = await server.StreamAsync();
        await world.SendAsync(StreamClient.Login(1, "p-1", TestServer.NewKey()));
        Actions.PlayerAction action = server.Log.NextHeld();
        await world.CloseAsync();
        RecordingPublisher.Complete(action, acknowledged: true);
        (await world.ReceiveAsync())!.Value.GetProperty("n").GetInt64().ShouldBe(1);
        (await world.CloseStatusAsync()).ShouldBe(WebSocketCloseStatus.NormalClosure);
    }

    [Fact]
    public async Task A_server_that_stops_answers_what_it_has_read_then_closes()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with { StreamWindow = 2 });
        server.Log.HoldsAcknowledgements = true;
        using StreamClient world = await server.StreamAsync();
        await world.SendAsync(string.Join('\n', Enumerable.Range(0, 4).Select(n => StreamClient.Login(n, "p-1", TestServer.NewKey()))));
        Actions.PlayerAction[] read = [server.Log.NextHeld(), server.Log.NextHeld()];
        Task stopped = server.StopAsync();
        foreach (Actions.PlayerAction action in read)
        {
            RecordingPublisher.Complete(action, acknowledged: true);
        }
        (await world.ReceiveAsync())!.Value.GetProperty("n").GetInt64().ShouldBe(0);
        (await world.ReceiveAsync())!.Value.GetProperty("n").GetInt64().ShouldBe(1);
        (await world.CloseStatusAsync()).ShouldBe(WebSocketCloseStatus.EndpointUnavailable);
        await world.CloseAsync();
        await stopped;
        server.Log.Actions.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_client_that_disappears_leaves_no_stream_open()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Log.HoldsAcknowledgements = true;
        using (StreamClient world = await server.StreamAsync())
        {
            await world.SendAsync(StreamClient.Login(1, "p-1", TestServer.NewKey()));
            Actions.PlayerAction action = server.Log.NextHeld();
            world.Socket.Abort();
            RecordingPublisher.Complete(action, acknowledged: true);
        }

        await server.StopAsync();
        server.Log.Events.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Without_the_credential_or_a_handshake_there_is_no_stream()
    {
        await using TestServer server = await TestServer.StartAsync();
        await Should.ThrowAsync<WebSocketException>(() => server.StreamAsync(null));
        await Should.ThrowAsync<WebSocketException>(() => server.StreamAsync("a-credential-of-another"));
        HttpRequestMessage request = new(HttpMethod.Get, "/v1/stream");
        await TestServer.ProblemAsync(await server.Http.SendAsync(request, TestContext.Current.CancellationToken), HttpStatusCode.Unauthorized, "credential");
        request = new HttpRequestMessage(HttpMethod.Get, "/v1/stream");
        request.Headers.Authorization = new("Bearer", TestServer.Credential);
        await TestServer.ProblemAsync(await server.Http.SendAsync(request, TestContext.Current.CancellationToken), HttpStatusCode.UpgradeRequired,
            "upgrade-required");
    }

    [Theory]
    [InlineData("203.0.113.9", "203.0.113.9")]
    [InlineData("2001:DB8:0:0::5", "2001:db8::5")]
    [InlineData("::ffff:203.0.113.9", "203.0.113.9")]
    public async Task The_players_address_is_published_in_canonical_form(string sent, string published)
    {
        await using TestServer server = await TestServer.StartAsync();
        using StreamClient world = await server.StreamAsync();
        await world.AskAsync(StreamClient.Login(1, "p-1", TestServer.NewKey(), address: sent));
        server.Log.Logins.ShouldHaveSingleItem().Ip.ShouldBe(published);
    }

    [Fact]
    public async Task Logins_on_the_stream_are_not_limited_but_lock()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with { LoginsPerMinute = 1, LockAfter = 2 });
        using StreamClient world = await server.StreamAsync();
        for (int i = 0; i < 4; i++)
        {
            (await world.AskAsync(StreamClient.Login(i, "p-1", TestServer.NewKey(), "wrong"))).GetProperty("status").GetInt32().ShouldBe(401);
        }
        server.Log.Logins.Select(login => login.Outcome)
            .ShouldBe([LoginOutcome.BadPassword, LoginOutcome.BadPassword, LoginOutcome.Locked, LoginOutcome.Locked]);
    }
}
