using System.CommandLine;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Game.GameServer.Hosting;
using Game.GameServer.Http;
using Game.GameServer.Telemetry;
using NSubstitute;

namespace Game.GameServer.Tests;

public sealed class HostingTests
{
    [Fact]
    public async Task Health_readiness_metrics_and_the_api_document_are_served()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.LoginAsync("p-1");
        (await GetAsync(server, "/healthz")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await GetAsync(server, "/readyz")).StatusCode.ShouldBe(HttpStatusCode.OK);
        server.Brokers.IsReachableAsync().Returns(false);
        await TestServer.ProblemAsync(await GetAsync(server, "/readyz"), HttpStatusCode.ServiceUnavailable, "not-ready");
        (await GetAsync(server, "/healthz")).StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (string probe in new[] { "/healthz", "/readyz", "/metrics" })
        {
            using HttpRequestMessage head = new(HttpMethod.Head, probe);
            using HttpResponseMessage answer = await server.Http.SendAsync(head, TestContext.Current.CancellationToken);
            (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBeEmpty();
            answer.StatusCode.ShouldBe(probe == "/readyz" ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK, probe);
        }

        string metrics = await (await GetAsync(server, "/metrics")).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        metrics.ShouldContain("game_server_answers_total{");

        JsonElement document = await TestServer.JsonAsync(await GetAsync(server, "/openapi/v1.json"));
        JsonElement paths = document.GetProperty("paths");
        paths.EnumerateObject().Select(path => path.Name).ShouldBe(["/v1/sessions", "/v1/trades", "/v1/stream", "/healthz", "/readyz"], ignoreOrder: true);
        foreach (string action in new[] { "/v1/sessions", "/v1/trades" })
        {
            JsonElement post = paths.GetProperty(action).GetProperty("post");
            post.GetProperty("parameters")[0].GetProperty("name").GetString().ShouldBe("Idempotency-Key");
            post.GetProperty("responses").EnumerateObject().Select(response => response.Name).ShouldContain("503");
        }

        document.GetProperty("components").GetProperty("schemas").GetProperty("TradeSideRequest").GetProperty("properties")
            .EnumerateObject().Select(field => field.Name).ShouldContain("gold_balance");
        paths.GetProperty("/v1/trades").GetProperty("post").GetProperty("security")[0].TryGetProperty("service", out _).ShouldBeTrue();
    }

    [Fact]
    public async Task A_bug_is_answered_500_and_the_server_continues()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Brokers.IsReachableAsync().Returns<Task<bool>>(_ => throw new InvalidOperationException("a bug"));
        await TestServer.ProblemAsync(await GetAsync(server, "/readyz"), HttpStatusCode.InternalServerError, "internal");
        (await server.LoginAsync("p-1")).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task An_address_table_that_cannot_be_read_ends_the_start_with_one_sentence()
    {
        Exception e = await Should.ThrowAsync<StartException>(() => TestServer.StartAsync(options => options with { AddressTable = "/no/such/file" }));
        e.Message.ShouldStartWith("The address table cannot be read: ");
    }

    [Fact]
    public void Environment_variables_set_options_that_are_not_given()
    {
        using Files files = new();
        string[] arguments = ["--server-id", "gs-1", "--keys=/keys", "--accounts-key-file", files.Write("a-key-of-sixteen-bytes")];
        Dictionary<string, string> variables = new(StringComparer.Ordinal)
        {
            ["GAME_SERVER_SERVER_ID"] = "overruled",
            ["GAME_SERVER_KEYS"] = "overruled",
            ["GAME_SERVER_BOOTSTRAP_SERVER"] = "broker:9092",
            ["GAME_SERVER_SERVICE_CREDENTIAL_FILE"] = files.Write("credential-number-one\n\ncredential-number-two\n"),
            ["GAME_SERVER_TRUSTED_PROXIES"] = "10.0.0.0/8, 192.0.2.1,2001:db8::/32",
            ["GAME_SERVER_PUBLISH_TIMEOUT_MS"] = "2000",
        };
        GameServerOptions options = Parse(arguments, variables);
        options.ServerId.ShouldBe("gs-1");
        options.Keys.ShouldBe("/keys");
        options.BootstrapServers.ShouldBe("broker:9092");
        options.ServiceCredentials.ShouldBe(["credential-number-one", "credential-number-two"]);
        options.TrustedProxies.ShouldBe([IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("192.0.2.1/32"), IPNetwork.Parse("2001:db8::/32")]);
        options.PublishTimeout.ShouldBe(TimeSpan.FromSeconds(2));
        options.Partitions.ShouldBe(12);
        options.AddressTable.ShouldBeNull();
        options.LoginsPerMinute.ShouldBe(60);
    }

    [Theory]
    [InlineData("--partitions=0", "--partitions is '0', but must be a whole number between 1 and 10000.")]
    [InlineData("--partitions=x", "--partitions is 'x', but must be a whole number between 1 and 10000.")]
    [InlineData("--session-hours=99999999999", "--session-hours is '99999999999'")]
    [InlineData("--publish-timeout-ms=10", "--publish-timeout-ms is '10', but must be a whole number between 1500 and 60000.")]
    [InlineData("--trusted-proxies=here", "--trusted-proxies takes networks")]
    [InlineData("--server-id=ääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääää", "--server-id has 1 to 128 bytes.")]
    [InlineData("--server-id=a\u001b", "--server-id has a control character.")]
    [InlineData("--bootstrap-server=here", "'here' is not the address of a broker: write it as HOST:PORT.")]
    [InlineData("--nonsense=1", "nonsense")]
    public void A_bad_option_is_an_error_that_names_it(string option, string message)
    {
        CommandLine commandLine = new(hasOwnAccounts: false);
        string[] arguments = ["--bootstrap-server=b:1", "--keys", "k", "--service-credential-file", "c", "--accounts-key-file", "a"];
        arguments = [.. arguments.Where(argument => argument.Split('=')[0] != option.Split('=')[0]), option];
        commandLine.Root.Parse(commandLine.WithEnvironment(arguments, _ => null)).Errors[0].Message.ShouldContain(message);
    }

    [Fact]
    public void A_bad_credential_file_is_an_error_that_names_the_option()
    {
        using Files files = new();
        Dictionary<string, string> none = [];
        foreach (string bad in new[] { "", "short", "with a space in its middle", new string('x', 600),
            "a-good-credential-1\na-good-credential-2\na-good-credential-3\na-good-credential-4\na-good-credential-5" })
        {
            string[] arguments = ["--bootstrap-server", "b:1", "--keys", "k", "--service-credential-file", files.Write(bad), "--accounts-key-file",
                files.Write("a-key-of-sixteen-bytes")];
            Should.Throw<StartException>(() => Parse(arguments, none)).Message.ShouldStartWith("The file of --service-credential-file cannot be used: ");
        }
    }

    [Fact]
    public void With_traces_exported_the_records_name_the_actions_own_span()
    {
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == ActionTraces.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        using ActionTraces traces = new();
        Activity.Current.ShouldBeNull();
        ActionTrace one = traces.Begin("publish login", TestServer.NewKey(), null);
        ActionTrace two = traces.Begin("publish login", TestServer.NewKey(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        one.TraceParent.ShouldBe(one.Activity!.Id);
        two.Activity!.TraceId.ToString().ShouldBe("0af7651916cd43dd8448eb211c80319c");
        two.Activity.ParentSpanId.ToString().ShouldBe("b7ad6b7169203331");
        one.Activity.TraceId.ShouldNotBe(two.Activity.TraceId);
        Activity.Current.ShouldBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331")]
    [InlineData("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
    [InlineData("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01")]
    public void A_malformed_trace_is_not_continued(string sent)
    {
        using ActionTraces traces = new();
        Guid key = TestServer.NewKey();
        traces.Begin("publish login", key, sent).TraceParent.ShouldStartWith($"00-{key:N}-");
    }

    private static Task<HttpResponseMessage> GetAsync(TestServer server, string path) => server.Http.GetAsync(path, TestContext.Current.CancellationToken);

    private static GameServerOptions Parse(string[] arguments, Dictionary<string, string> variables)
    {
        CommandLine commandLine = new(hasOwnAccounts: false);
        ParseResult parsed = commandLine.Root.Parse(commandLine.WithEnvironment(arguments, name => variables.GetValueOrDefault(name)));
        parsed.Errors.ShouldBeEmpty();
        return commandLine.ToOptions(parsed);
    }

    private sealed class Files : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("game-server-options-");

        public string Write(string text)
        {
            string path = Path.Combine(_folder.FullName, Path.GetRandomFileName());
            File.WriteAllText(path, text);
            return path;
        }

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
