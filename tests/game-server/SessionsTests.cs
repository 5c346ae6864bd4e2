using System.Net;
using System.Text;
using System.Text.Json;
using Game.Contracts;

namespace Game.GameServer.Tests;

public sealed class SessionsTests
{
    [Fact]
    public async Task A_login_is_published_and_answered_with_a_session()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with { AddressTable = Table("127.0.0.0/8,DE,64500,52.5,13.4") });
        Guid key = TestServer.NewKey();

        HttpResponseMessage response = await server.LoginAsync("p-1", key);

        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        JsonElement session = await TestServer.JsonAsync(response);
        LoginEvent login = server.Log.Logins.ShouldHaveSingleItem();
        login.ShouldBe(new LoginEvent
        {
            EventId = key,
            UserId = "p-1",
            Ts = server.Time.GetUtcNow().ToUnixTimeMilliseconds(),
            ServerId = "gs-test",
            SessionId = session.GetProperty("session_id").GetString()!,
            Ip = "127.0.0.1",
            Country = "DE",
            Asn = 64500,
            Lat = 52.5,
            Lon = 13.4,
            DeviceId = "d-1",
            ClientVersion = "1.4.2",
            Outcome = LoginOutcome.Ok,
        });
        session.GetProperty("event_id").GetGuid().ShouldBe(key);
        session.GetProperty("expires_at").GetInt64().ShouldBe(login.Ts + 24 * 3_600_000);
    }

    [Fact]
    public async Task The_records_headers_name_the_schema_and_one_trace()
    {
        await using TestServer server = await TestServer.StartAsync();
        const string Sent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        await server.SendAsync("/v1/sessions", Json(TestServer.Login("p-1")), TestServer.NewKey().ToString(), null, ("traceparent", Sent));
        await server.LoginAsync("p-2", Guid.Parse("019ab3f0-6c1e-7a52-9d3f-5b8c2e714a60"));

        string[] traces = [.. server.Log.Actions.Select(action => Header(action.Headers, "traceparent"))];
        traces[0].ShouldStartWith("00-0af7651916cd43dd8448eb211c80319c-");
        traces[0].ShouldEndWith("-01");
        traces[0].ShouldNotBe(Sent);
        traces[1].ShouldBe("00-019ab3f06c1e7a529d3f5b8c2e714a60-9d3f5b8c2e714a60-00");
        server.Log.Actions.ShouldAllBe(action => Header(action.Headers, "schema") == "game.login/1");
    }

    [Fact]
    public async Task A_wrong_secret_is_published_then_answered_401_with_its_event()
    {
        await using TestServer server = await TestServer.StartAsync();
        Guid key = TestServer.NewKey();

        JsonElement problem = await TestServer.ProblemAsync(await server.LoginAsync("p-1", key, "wrong"), HttpStatusCode.Unauthorized, "bad-password");

        problem.GetProperty("event_id").GetGuid().ShouldBe(key);
        problem.GetProperty("outcome").GetString().ShouldBe("bad-password");
        LoginEvent login = server.Log.Logins.ShouldHaveSingleItem();
        login.Outcome.ShouldBe(LoginOutcome.BadPassword);
        login.SessionId.ShouldBe("");
    }

    [Fact]
    public async Task The_secret_of_another_player_is_wrong()
    {
        await using TestServer server = await TestServer.StartAsync();
        await TestServer.ProblemAsync(await server.LoginAsync("p-1", secret: TestServer.Secret("p-2")), HttpStatusCode.Unauthorized, "bad-password");
    }

    [Fact]
    public async Task Too_many_wrong_secrets_lock_the_player_out_until_the_window_has_passed()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with { LockAfter = 3 });
        for (int i = 0; i < 3; i++)
        {
            await TestServer.ProblemAsync(await server.LoginAsync("p-1", secret: "wrong"), HttpStatusCode.Unauthorized, "bad-password");
        }

        JsonElement locked = await TestServer.ProblemAsync(await server.LoginAsync("p-1"), HttpStatusCode.Unauthorized, "locked");

        locked.GetProperty("event_id").GetGuid().ShouldBe(server.Log.Logins.Last().EventId);
        server.Log.Logins.Last().Outcome.ShouldBe(LoginOutcome.Locked);
        (await server.LoginAsync("p-2")).StatusCode.ShouldBe(HttpStatusCode.Created);
        server.Time.Advance(TimeSpan.FromSeconds(300));
        (await server.LoginAsync("p-1")).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_retry_is_published_under_the_same_id_and_answered_alike()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with { LockAfter = 1 });
        Guid good = TestServer.NewKey(), bad = TestServer.NewKey();
        JsonElement[] sessions = [await TestServer.JsonAsync(await server.LoginAsync("p-1", good)),
            await TestServer.JsonAsync(await server.LoginAsync("p-1", good))];
        sessions[0].GetProperty("session_id").GetString().ShouldBe(sessions[1].GetProperty("session_id").GetString());
        await TestServer.ProblemAsync(await server.LoginAsync("p-2", bad, "wrong"), HttpStatusCode.Unauthorized, "bad-password");
        await TestServer.ProblemAsync(await server.LoginAsync("p-2", bad, "wrong"), HttpStatusCode.Unauthorized, "bad-password");
        server.Log.Events.Select(login => login.EventId).ShouldBe([good, good, bad, bad]);
    }

    /// <summary>Readers of the log would treat the successful attempt, which has the same id, as a repeat of the failed one.</summary>
    [Fact]
    public async Task A_key_that_came_with_another_attempt_is_refused_and_nothing_is_published()
    {
        await using TestServer server = await TestServer.StartAsync();
        Guid key = TestServer.NewKey();
        await TestServer.ProblemAsync(await server.LoginAsync("p-1", key, "wrong"), HttpStatusCode.Unauthorized, "bad-password");
        await TestServer.ProblemAsync(await server.LoginAsync("p-1", key), HttpStatusCode.UnprocessableEntity, "idempotency-key-reused");
        await TestServer.ProblemAsync(await server.LoginAsync("p-2", key), HttpStatusCode.UnprocessableEntity, "idempotency-key-reused");
        await TestServer.ProblemAsync(await server.LoginAsync("p-1", key, "wrong"), HttpStatusCode.Unauthorized, "bad-password");
        server.Log.Logins.ShouldAllBe(login => login.Outcome == LoginOutcome.BadPassword && login.UserId == "p-1");
        (await server.LoginAsync("p-1")).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task An_address_with_many_failed_logins_must_wait_and_others_need_not()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with
        {
            FailedLoginsPerMinute = 3,
            TrustedProxies = [IPNetwork.Parse("127.0.0.1/32")]
        });
        Task<HttpResponseMessage> From(string address, string user, string? secret = null)
            => server.SendAsync("/v1/sessions", Json(TestServer.Login(user, secret)), TestServer.NewKey().ToString(), null, ("X-Forwarded-For", address));
        for (int i = 0; i < 10; i++)
        {
            (await From("2001:db8::1", "honest")).StatusCode.ShouldBe(HttpStatusCode.Created);
        }
        for (int i = 0; i < 3; i++)
        {
            (await From($"2001:db8::{i + 1}", $"invented-{i}", "guess")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        }

        await TestServer.ProblemAsync(await From("2001:db8::9", "invented-9", "guess"), HttpStatusCode.TooManyRequests, "rate-limited");
        server.Log.Logins.Count(login => login.Outcome != LoginOutcome.Ok).ShouldBe(3);
        (await From("2001:db8:0:1::1", "invented-9", "guess")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        server.Time.Advance(TimeSpan.FromSeconds(20));
        (await From("2001:db8::9", "honest")).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task The_keys_last_bit_names_the_side_and_is_cleared()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.LoginAsync("p-1", Guid.Parse("019ab3f0-6c1e-7a52-9d3f-5b8c2e714a61"));
        server.Log.Logins.ShouldHaveSingleItem().EventId.ShouldBe(Guid.Parse("019ab3f0-6c1e-7a52-9d3f-5b8c2e714a60"));
    }

    [Fact]
    public async Task A_player_who_sends_too_many_logins_must_wait()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with { LoginsPerMinute = 3 });
        (await server.LoginAsync("p-1")).StatusCode.ShouldBe(HttpStatusCode.Created, "from a place that is not known yet, which has an allowance of its own");
        for (int i = 0; i < 3; i++)
        {
            (await server.LoginAsync("p-1")).StatusCode.ShouldBe(HttpStatusCode.Created);
        }

        HttpResponseMessage refused = await server.LoginAsync("p-1");
        await TestServer.ProblemAsync(refused, HttpStatusCode.TooManyRequests, "rate-limited");
        refused.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(20));
        server.Log.Events.Count.ShouldBe(4);
        (await server.LoginAsync("p-2")).StatusCode.ShouldBe(HttpStatusCode.Created);
        server.Time.Advance(TimeSpan.FromSeconds(20));
        (await server.LoginAsync("p-1")).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await server.LoginAsync("p-1")).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Unreachable_brokers_are_answered_503_with_a_time_to_try_again()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Log.AreBrokersReachable = false;
        Guid key = TestServer.NewKey();

        HttpResponseMessage response = await server.LoginAsync("p-1", key);

        await TestServer.ProblemAsync(response, HttpStatusCode.ServiceUnavailable, "unavailable");
        response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
        server.Log.AreBrokersReachable = true;
        (await server.LoginAsync("p-1", key)).StatusCode.ShouldBe(HttpStatusCode.Created);
        server.Log.Events.Select(login => login.EventId).Distinct().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task No_answer_is_sent_before_the_acknowledgement()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Log.HoldsAcknowledgements = true;
        Task<HttpResponseMessage> answer = server.LoginAsync("p-1");
        Actions.PlayerAction action = server.Log.NextHeld();
        answer.IsCompleted.ShouldBeFalse();
        RecordingPublisher.Complete(action, acknowledged: true);
        (await answer).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("", "malformed-json", null)]
    [InlineData("{", "malformed-json", null)]
    [InlineData("[]", "malformed-json", null)]
    [InlineData("null", "malformed-json", null)]
    [InlineData("\"x\"", "malformed-json", null)]
    [InlineData("{} {}", "malformed-json", null)]
    [InlineData("{}", "invalid-field", "user_id")]
    [InlineData("""{"user_id":""}""", "invalid-field", "user_id")]
    [InlineData("""{"user_id":5}""", "invalid-field", "user_id")]
    [InlineData("""{"user_id":1e999999}""", "invalid-field", "user_id")]
    [InlineData("""{"user_id":null}""", "invalid-field", "user_id")]
    [InlineData("""{"user_id":{"a":1}}""", "invalid-field", "user_id")]
    [InlineData("""{"user_id":"\ud800"}""", "invalid-field", "user_id")]
    [InlineData("""{"user_id":"a","user_id":"b"}""", "invalid-field", "user_id")]
    [InlineData("""{"user_id":"a","secret":"s","device_id":"d"}""", "invalid-field", "client_version")]
    [InlineData("""{"user_id":"a","secret":"s","device_id":"d","client_version":"1","ts":1}""", "invalid-field", "ts")]
    [InlineData("""{"user_id":"a","secret":"s","device_id":"d","client_version":"1","country":"DE"}""", "invalid-field", "country")]
    [InlineData("""{"user_id":"a","secret":"s","device_id":"d","client_version":"1","client_address":"1.2.3.4"}""", "invalid-field", "client_address")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[", "malformed-json", null)]
    public async Task A_bad_body_is_refused_and_nothing_is_published(string body, string code, string? field)
    {
        await using TestServer server = await TestServer.StartAsync();
        JsonElement problem = await TestServer.ProblemAsync(await server.PostAsync("/v1/sessions", body), HttpStatusCode.BadRequest, code);
        (problem.TryGetProperty("field", out JsonElement named) ? named.GetString() : null).ShouldBe(field);
        server.Log.Events.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("user_id", 128)]
    [InlineData("secret", 256)]
    [InlineData("device_id", 128)]
    [InlineData("client_version", 128)]
    public async Task Texts_are_bounded_in_bytes_of_UTF_8(string field, int limit)
    {
        await using TestServer server = await TestServer.StartAsync();
        async Task<HttpStatusCode> Send(string value)
        {
            Dictionary<string, string> fields = new(StringComparer.Ordinal)
            {
                ["user_id"] = "a", ["secret"] = "b", ["device_id"] = "c", ["client_version"] = "d",
            };
            fields[field] = value;
            return (await server.PostAsync("/v1/sessions", JsonSerializer.Serialize(fields))).StatusCode;
        }

        (await Send(new string('x', limit))).ShouldBe(HttpStatusCode.Unauthorized);
        (await Send(new string('ä', limit / 2))).ShouldBe(HttpStatusCode.Unauthorized);
        (await Send(new string('x', limit + 1))).ShouldBe(HttpStatusCode.BadRequest);
        (await Send(new string('ä', limit / 2 + 1))).ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("not-a-uuid-not-a-uuid-not-a-uuid-not")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("6f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f0")]
    [InlineData("{019ab3f0-6c1e-7a52-9d3f-5b8c2e714a60}")]
    public async Task A_key_that_is_no_UUIDv7_is_refused(string? key)
    {
        await using TestServer server = await TestServer.StartAsync();
        await TestServer.ProblemAsync(await server.SendAsync("/v1/sessions", Json(TestServer.Login("p-1")), key), HttpStatusCode.BadRequest, "idempotency-key");
        server.Log.Events.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_key_in_quotation_marks_is_accepted()
    {
        await using TestServer server = await TestServer.StartAsync();
        HttpResponseMessage response = await server.SendAsync("/v1/sessions", Json(TestServer.Login("p-1")), "\"019ab3f0-6c1e-7a52-9d3f-5b8c2e714a60\"");
        response.StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task An_oversize_body_is_refused_with_a_length_and_without()
    {
        await using TestServer server = await TestServer.StartAsync();
        string body = TestServer.Login("p-1")[..^1] + new string(' ', 20_000) + "}";
        await TestServer.ProblemAsync(await server.PostAsync("/v1/sessions", body), HttpStatusCode.RequestEntityTooLarge, "too-large");
        StreamContent chunked = new(new UnseekableStream(Encoding.UTF8.GetBytes(body)));
        chunked.Headers.ContentType = new("application/json");
        await TestServer.ProblemAsync(
            await server.SendAsync("/v1/sessions", chunked, TestServer.NewKey().ToString()), HttpStatusCode.RequestEntityTooLarge, "too-large");
        server.Log.Events.ShouldBeEmpty();
    }

    [Fact]
    public async Task Other_content_addresses_and_methods_are_refused_as_problems()
    {
        await using TestServer server = await TestServer.StartAsync();
        HttpResponseMessage text = await server.SendAsync("/v1/sessions", new StringContent("x", Encoding.UTF8, "text/plain"), null);
        await TestServer.ProblemAsync(text, HttpStatusCode.UnsupportedMediaType, "media-type");
        ByteArrayContent untyped = new("{}"u8.ToArray());
        await TestServer.ProblemAsync(await server.SendAsync("/v1/sessions", untyped, null), HttpStatusCode.UnsupportedMediaType, "media-type");
        await TestServer.ProblemAsync(await server.Http.GetAsync("/v1/sessions", TestContext.Current.CancellationToken), HttpStatusCode.MethodNotAllowed,
            "method-not-allowed");
        await TestServer.ProblemAsync(await server.Http.GetAsync("/v1/players", TestContext.Current.CancellationToken), HttpStatusCode.NotFound, "not-found");
    }

    [Theory]
    [InlineData("", "198.51.100.7", "127.0.0.1")]
    [InlineData("10.0.0.0/8", "198.51.100.7", "127.0.0.1")]
    [InlineData("127.0.0.1", "198.51.100.7", "198.51.100.7")]
    [InlineData("127.0.0.0/8,10.0.0.0/8", "1.1.1.1, 198.51.100.7, 10.0.0.9", "198.51.100.7")]
    [InlineData("127.0.0.1", "2001:db8::5", "2001:db8::5")]
    [InlineData("127.0.0.1", "::ffff:198.51.100.7", "198.51.100.7")]
    [InlineData("127.0.0.1", "garbage", "127.0.0.1")]
    public async Task Only_trusted_networks_may_forward_an_address(string trusted, string forwarded, string expected)
    {
        List<IPNetwork> networks = trusted.Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Select(text => IPNetwork.Parse(text.Contains('/') ? text : text + "/32")).ToList();
        await using TestServer server = await TestServer.StartAsync(options => options with { TrustedProxies = networks });
        await server.SendAsync("/v1/sessions", Json(TestServer.Login("p-1")), TestServer.NewKey().ToString(), null, ("X-Forwarded-For", forwarded));
        server.Log.Logins.ShouldHaveSingleItem().Ip.ShouldBe(expected);
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    private static string Header(Confluent.Kafka.Headers headers, string name) => Encoding.ASCII.GetString(headers.GetLastBytes(name));

    private static string Table(string lines)
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".csv");
        File.WriteAllText(path, lines);
        return path;
    }

    private sealed class UnseekableStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
