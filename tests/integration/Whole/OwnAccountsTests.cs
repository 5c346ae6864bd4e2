using System.Net;
using System.Text;
using Game.GameServer;
using Game.GameServer.Accounts;

namespace Integration.Tests.Whole;

/// <summary>A game server with a team's own accounts, started like a team does it: by the public members, with a broker.</summary>
public sealed class OwnAccountsTests(OneBroker broker) : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly HttpClient _http = new();

    public void Dispose()
    {
        _http.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_teams_accounts_decide_which_logins_succeed()
    {
        TeamAccounts accounts = new();
        await using Server server = await StartAsync(accounts);
        (await LoginAsync(server, "ann", "open sesame")).ShouldBe(HttpStatusCode.Created);
        (await LoginAsync(server, "ann", "guess")).ShouldBe(HttpStatusCode.Unauthorized);
        accounts.Asked.ShouldBe(["ann", "ann"]);
        (await server.StopAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_key_that_was_used_before_the_restart_is_refused_with_other_content_and_retried_with_the_same()
    {
        Guid key = Guid.CreateVersion7();
        await using (Server first = await StartAsync(new TeamAccounts()))
        {
            (await LoginAsync(first, "ben", "open sesame", key)).ShouldBe(HttpStatusCode.Created);
            (await first.StopAsync()).ShouldBe(0);
        }

        await using Server second = await StartAsync(new TeamAccounts());
        (await LoginAsync(second, "eve", "open sesame", key)).ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await LoginAsync(second, "ben", "open sesame", key)).ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_key_that_another_server_used_is_refused_when_it_is_read_from_the_log()
    {
        await using Server first = await StartAsync(new TeamAccounts());
        await using Server second = await StartAsync(new TeamAccounts());
        Guid key = Guid.CreateVersion7();
        double before = await FollowedAsync(second);
        (await LoginAsync(first, "carl", "open sesame", key)).ShouldBe(HttpStatusCode.Created);
        await Until.HoldsAsync("the other server has read the login", Kafka.Patience, async () => await FollowedAsync(second) > before);
        (await LoginAsync(second, "mallory", "guess", key)).ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    // How many records of all game servers a server has read from the log.
    private async Task<double> FollowedAsync(Server server)
    {
        string metrics = await _http.GetStringAsync(server.Url + "/metrics", TestContext.Current.CancellationToken);
        return metrics.Split('\n').Where(line => line.StartsWith("game_server_followed", StringComparison.Ordinal))
            .Sum(line => double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture));
    }

    private async Task<Server> StartAsync(IAccounts accounts)
    {
        string url = $"http://127.0.0.1:{FreePorts.Take()}";
        string[] arguments =
        [
            "--bootstrap-server", broker.BootstrapServers, "--urls", url, "--partitions", "1", "--keys", _folder["keys"],
            "--service-credential-file", _folder.WriteFile("credential", "the-world's-service-credential"),
        ];
        Server server = new(url, arguments, accounts);
        await Until.HoldsAsync("the game server serves", Kafka.Patience, async () => await server.ServesAsync(_http));
        return server;
    }

    private async Task<HttpStatusCode> LoginAsync(Server server, string user, string secret, Guid? key = null)
    {
        string body = $$"""{"user_id":"{{user}}","secret":"{{secret}}","device_id":"d-1","client_version":"1"}""";
        using HttpRequestMessage request = new(HttpMethod.Post,
            server.Url + "/v1/sessions")
        { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("Idempotency-Key", (key ?? Guid.CreateVersion7()).ToString());
        using HttpResponseMessage response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    private sealed class TeamAccounts : IAccounts
    {
        public List<string> Asked { get; } = [];

        public ValueTask<bool> VerifyAsync(string userId, string secret, CancellationToken cancellation)
        {
            Asked.Add(userId);
            return ValueTask.FromResult(secret == "open sesame");
        }
    }

    private sealed class Server : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task<int> _running;

        public Server(string url, string[] arguments, IAccounts accounts)
        {
            Url = url;
            _running = Task.Run(() => GameServerProgram.RunAsync(arguments, _ => accounts, _stop.Token));
        }

        public string Url { get; }

        public async Task<bool> ServesAsync(HttpClient http)
        {
            _running.IsCompleted.ShouldBeFalse("the game server has ended");
            try
            {
                using HttpRequestMessage probe = new(HttpMethod.Head, Url + "/readyz");
                using HttpResponseMessage response = await http.SendAsync(probe);
                return response.IsSuccessStatusCode;
            }
            catch (HttpRequestException) // it does not listen yet
            {
                return false;
            }
        }

        public async Task<int> StopAsync()
        {
            await _stop.CancelAsync();
            return await _running.WaitAsync(Kafka.Patience);
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            _stop.Dispose();
        }
    }
}
