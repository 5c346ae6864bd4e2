using Game.Contracts;
using Game.GameServer.Accounts;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Time.Testing;

namespace Game.GameServer.Tests;

public sealed class AccountsTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task The_demos_accounts_accept_the_secrets_of_the_contract_only()
    {
        byte[] key = DemoSecrets.ParseKey("  a-key-of-sixteen-bytes-or-more\n");
        DemoAccounts accounts = new(key);
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
    public void The_limit_of_a_minute_refills_evenly()
    {
        LoginRateLimit limit = new(60, _time);
        for (int i = 0; i < 60; i++)
        {
            limit.TryAcquire("p", out _).ShouldBeTrue();
        }
        limit.TryAcquire("p", out int wait).ShouldBeFalse();
        wait.ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(10));
        for (int i = 0; i < 10; i++)
        {
            limit.TryAcquire("p", out _).ShouldBeTrue();
        }
        limit.TryAcquire("p", out _).ShouldBeFalse();
        limit.GiveBack("p");
        limit.TryAcquire("p", out _).ShouldBeTrue();
        LoginRateLimit off = new(0, _time);
        off.GiveBack("p");
        for (int i = 0; i < 1_000; i++)
        {
            off.TryAcquire("p", out _).ShouldBeTrue();
        }
    }

    [Fact]
    public void Only_tokens_of_the_server_are_read_and_give_the_whole_session()
    {
        SessionTokens tokens = new(new EphemeralDataProtectionProvider(), _time);
        Session session = new("Jörg", "s-1", "2001:db8::1", _time.GetUtcNow().ToUnixTimeMilliseconds() + 1_000);
        string token = tokens.Create(session);
        tokens.Read(token).ShouldBe(session);
        tokens.Read(token).ShouldBe(session);
        for (int i = 0; i < token.Length; i++)
        {
            tokens.Read(token[..i] + (token[i] == 'A' ? 'B' : 'A') + token[(i + 1)..])?.ShouldBe(session);
        }
        foreach (string bad in new[] { "", "x", "!!!", token[..^1], token + "A", new string('A', 5_000), "äöü" })
        {
            tokens.Read(bad).ShouldBeNull();
        }
        new SessionTokens(new EphemeralDataProtectionProvider(), _time).Read(token).ShouldBeNull();
        _time.Advance(TimeSpan.FromSeconds(1));
        tokens.Read(token).ShouldBeNull();
    }

    [Fact]
    public void The_longest_session_fits_the_longest_token()
    {
        SessionTokens tokens = new(new EphemeralDataProtectionProvider(), _time);
        Session session = new(new string('u', 128), new string('s', 32), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", long.MaxValue);
        tokens.Create(session).Length.ShouldBeLessThan(SessionTokens.MaxLength);
        tokens.Read(tokens.Create(session)).ShouldBe(session);
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
}
