using Microsoft.Extensions.Logging;

namespace Broker.Coordination.ZooKeeper;

/// <summary>A real ZooKeeper, reached through Apache's C client.</summary>
public sealed class ZooKeeperCoordination : ICoordinationService
{
    private readonly ZooKeeperOptions _options;
    private readonly TimeProvider _time;
    private volatile bool _hasChroot;

    /// <param name="options">How it is reached.</param>
    /// <param name="time">Measures how long opening a session takes; the C client has its own clock.</param>
    /// <param name="log">Receives the C client's log too.</param>
    /// <exception cref="IOException">The C client is not installed; the message is one sentence that says what to install.</exception>
    public ZooKeeperCoordination(ZooKeeperOptions options, TimeProvider time, ILogger log)
    {
        if (NativeLibraryCheck.Absent is { } absent)
        {
            throw new IOException(absent);
        }
        _options = options;
        _time = time;
        ClientLog.Target = log;
    }

    /// <inheritdoc/>
    public async ValueTask<ICoordinationSession> OpenSession(Action<SessionState>? onState = null)
    {
        await EnsureChroot();
        return await Open(_options.Address, null, onState) ?? throw new IOException($"ZooKeeper at {_options.Address} refuses a new session.");
    }

    /// <inheritdoc/>
    public async ValueTask<ICoordinationSession?> ResumeSession(SessionKey key) => await Open(_options.Address, key, null);

    private async ValueTask<ZooKeeperSession?> Open(ZooKeeperAddress address, SessionKey? key, Action<SessionState>? onState)
    {
        ZooKeeperSession session = new(_options.MaxInFlight, onState);
        try
        {
            if (!await OwnThread.Run("zookeeper-open", () => session.Connect(address.ToString(), _options.SessionTimeout, key)))
            {
                throw new IOException($"ZooKeeper's servers {address.Servers} cannot be used: their names have no address.");
            }
            if (await session.Opened.WaitAsync(_options.ConnectionTimeout, _time))
            {
                return session;
            }
        }
        catch (TimeoutException e)
        {
            await session.DisposeAsync();
            throw new IOException($"ZooKeeper at {address.Servers} does not answer within {_options.ConnectionTimeout.TotalMilliseconds:F0} ms.", e);
        }
        catch (IOException)
        {
            await session.DisposeAsync();
            throw;
        }
        await session.DisposeAsync();
        return null;
    }

    /// <summary>Creates the znodes of the path that stands before every path, as Kafka does.</summary>
    private async ValueTask EnsureChroot()
    {
        if (_hasChroot || _options.Address.Chroot.Length == 0)
        {
            return;
        }
        ZooKeeperAddress root = _options.Address with { Chroot = "" };
        await using ICoordinationSession session = await Open(root, null, null) ?? throw new IOException($"ZooKeeper at {root} refuses a new session.");
        string path = "";
        foreach (string part in _options.Address.Chroot[1..].Split('/'))
        {
            path += "/" + part;
            CreateResult created = await session.Create(path, null);
            if (created.Code is not (Code.Ok or Code.NodeExists))
            {
                throw new IOException($"ZooKeeper at {root} answers {created.Code} when {path} is created.");
            }
        }
        _hasChroot = true;
    }
}
