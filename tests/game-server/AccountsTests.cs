using Game.Contracts;
using Game.GameServer.Accounts;
using Game.GameServer.Actions;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Time.Testing;

namespace Game.GameServer.Tests;

public sealed class AccountsTests
{
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task The_demos_accounts_agree_with_the_contracts_secrets()
    {
        byte[] key = DemoSecrets.ParseKey("  a-key-of-sixteen-bytes-or-more\n");
        var accounts = new DemoAccounts(key);
        foreach (string user in new[] { "p-1", "", "Jörg", new string('x', 128) })
        {
            (await accounts.VerifyAsync(user, DemoSecrets.For(key, user), default)).ShouldBeTrue();
            (await accounts.VerifyAsync(user, DemoSecrets.For(key, user + "x"), default)).ShouldBeFalse();
            (await accounts.VerifyAsync(user, "", default)).ShouldBeFalse();
            (await accounts.VerifyAsync(user, new string('z', 64), default)).ShouldBeFalse();
        }

        Should.Throw<FormatException>(() => DemoSecrets.ParseKey("short"));
    }

    [Fact]
    public void Failures_slide_out_of_the_window_one_by_one()
    {
        var failures = new FailedLogins(2, TimeSpan.FromMinutes(5), time);
        failures.Admit("p", Attempt(1)).ShouldBeTrue();
        time.Advance(TimeSpan.FromMinutes(4));
        failures.Admit("p", Attempt(2)).ShouldBeTrue();
        failures.Admit("p", Attempt(3)).ShouldBeFalse();
        failures.Admit("p", Attempt(2)).ShouldBeTrue("a retry of an admitted attempt");
        time.Advance(TimeSpan.FromMinutes(1));
        failures.Admit("p", Attempt(4)).ShouldBeTrue();
        failures.Admit("p", Attempt(5)).ShouldBeFalse();
    }

    [Fact]
    public void A_success_forgets_the_failures()
    {
        var failures = new FailedLogins(1, TimeSpan.FromMinutes(5), time);
        failures.Admit("p", Attempt(1)).ShouldBeTrue();
        failures.Succeeded("p");
        failures.Admit("p", Attempt(2)).ShouldBeTrue();
        failures.Admit("p", Attempt(3)).ShouldBeFalse();
    }

    [Fact]
    public void Players_are_forgotten_with_time_and_above_a_number()
    {
        var failures = new FailedLogins(1, TimeSpan.FromMinutes(5), time, maxPlayers: 10);
        for (int i = 0; i < 100; i++)
            failures.Admit("p-" + i, Attempt(i)).ShouldBeTrue();
        failures.Count.ShouldBe(10);
        failures.Admit("p-95", Attempt(1000)).ShouldBeFalse();
        failures.Admit("p-1", Attempt(1001)).ShouldBeTrue("forgotten");
        time.Advance(TimeSpan.FromMinutes(5));
        failures.Admit("q", Attempt(0)).ShouldBeTrue();
        failures.Count.ShouldBe(1);
    }

    [Fact]
    public void The_rate_is_a_minutes_allowance_that_refills_evenly()
    {
        var limit = new LoginRateLimit(60, time);
        for (int i = 0; i < 60; i++)
            limit.TryTake("p", out _).ShouldBeTrue();
        limit.TryTake("p", out int wait).ShouldBeFalse();
        wait.ShouldBe(1);
        time.Advance(TimeSpan.FromSeconds(10));
        for (int i = 0; i < 10; i++)
            limit.TryTake("p", out _).ShouldBeTrue();
        limit.TryTake("p", out _).ShouldBeFalse();
        limit.GiveBack("p");
        limit.TryTake("p", out _).ShouldBeTrue();
        var off = new LoginRateLimit(0, time);
        off.GiveBack("p");
        for (int i = 0; i < 1_000; i++)
            off.TryTake("p", out _).ShouldBeTrue();
    }

    [Fact]
    public void Tokens_come_back_whole_and_nothing_else_does()
    {
        var tokens = new SessionTokens(new EphemeralDataProtectionProvider(), time);
        var session = new Session("Jörg", "s-1", "2001:db8::1", time.GetUtcNow().ToUnixTimeMilliseconds() + 1_000);
        string token = tokens.Create(session);
        tokens.Read(token).ShouldBe(session);
        tokens.Read(token).ShouldBe(session);
        for (int i = 0; i < token.Length; i++)
            tokens.Read(token[..i] + (token[i] == 'A' ? 'B' : 'A') + token[(i + 1)..])?.ShouldBe(session);
        foreach (string bad in new[] { "", "x", "!!!", token[..^1], token + "A", new string('A', 5_000), "äöü" })
            tokens.Read(bad).ShouldBeNull();
        new SessionTokens(new EphemeralDataProtectionProvider(), time).Read(token).ShouldBeNull();
        time.Advance(TimeSpan.FromSeconds(1));
        tokens.Read(token).ShouldBeNull();
    }

    [Fact]
    public void The_longest_session_fits_the_longest_token()
    {
        var tokens = new SessionTokens(new EphemeralDataProtectionProvider(), time);
        var session = new Session(new string('u', 128), new string('s', 32), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", long.MaxValue);
        tokens.Create(session).Length.ShouldBeLessThan(SessionTokens.MaxLength);
        tokens.Read(tokens.Create(session)).ShouldBe(session);
    }

    [Fact]
    public void Recent_sessions_are_found_and_bounded()
    {
        var recent = new RecentSessions();
        for (int i = 0; i < 100_000; i++)
            recent.Add("t-" + i, new Session("p", "s", "", i));
        recent.Find("t-99999")!.ExpiresAt.ShouldBe(99_999);
        recent.Find("t-0").ShouldBeNull();
        Enumerable.Range(0, 100_000).Count(i => recent.Find("t-" + i) is not null).ShouldBeInRange(30_000, 66_000);
    }

    [Fact]
    public async Task Two_servers_that_start_at_once_on_an_empty_folder_share_one_key()
    {
        string folder = Directory.CreateTempSubdirectory("game-server-keys-").FullName;
        string keys = Path.Combine(folder, "made", "here");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            IDataProtectionProvider provider = DataProtectionProvider.Create(new DirectoryInfo(keys));
            return KeyRing.PrepareAsync(provider, keys, TimeProvider.System);
        })));
        Directory.GetFiles(keys, "key-*.xml").ShouldHaveSingleItem();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_key_is_good_for_one_attempt_as_long_as_it_is_remembered()
    {
        var used = new UsedKeys();
        Guid key = TestServer.NewKey();
        used.TryUse(key, 1).ShouldBeTrue();
        used.TryUse(key, 1).ShouldBeTrue();
        used.TryUse(key, 2).ShouldBeFalse();
        for (int i = 0; i < 65_536; i++)
            used.TryUse(TestServer.NewKey(), 3).ShouldBeTrue();
        used.TryUse(key, 2).ShouldBeFalse();
        for (int i = 0; i < 65_536; i++)
            used.TryUse(TestServer.NewKey(), 3).ShouldBeTrue();
        used.TryUse(key, 2).ShouldBeTrue("forgotten");
    }

    private static LoginAttempt Attempt(int number) => new(Guid.Empty, (UInt128)number);
}
