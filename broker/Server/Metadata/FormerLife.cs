using System.Globalization;
using Broker.Coordination;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Scheduling;

namespace Broker.Server.Metadata;

/// <summary>
/// Lets a broker that was killed register again at once. The killed process's session lasts for its time-out, and with it the broker's znodes. The session's
/// key lies in a file of the data folder, which only the holder of the folder's lock reads: the process that wrote it has ended, so its session may be ended.
/// </summary>
internal sealed class FormerLife
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _file;
    private readonly TimeSpan _sessionTimeout;
    private readonly TimeProvider _time;
    private readonly MetadataLog _log;
    private readonly SessionKey? _key;

    /// <param name="file">Where the key of the present session is kept; its folder is locked by this process.</param>
    /// <param name="sessionTimeout">How long a session is to last after its client's last message; the service may grant a longer one.</param>
    /// <param name="time">Measures the wait for a session to end.</param>
    /// <param name="log">Receives what could not be saved.</param>
    internal FormerLife(string file, TimeSpan sessionTimeout, TimeProvider time, MetadataLog log)
    {
        _file = file;
        _sessionTimeout = sessionTimeout;
        _time = time;
        _log = log;
        _key = Read(file);
    }

    /// <summary>Keeps the key of the present session for the next life, readable by this user only. A failure costs the next life a session time-out.</summary>
    internal void Save(SessionKey key)
    {
        try
        {
            string fresh = _file + ".tmp";
            File.Delete(fresh);
            FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly };
            using (StreamWriter writer = new(fresh, options))
            {
                writer.WriteLine($"{key.Id:x16} {Convert.ToHexString(key.Password)}");
            }
            File.Move(fresh, _file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _log.SessionNotSaved(e, _file);
        }
    }

    /// <summary>Ends the session that owns a znode if it is this broker's former one, then waits until the znode is gone.</summary>
    /// <returns>False where the znode is still there when the session of a dead process would have timed out.</returns>
    internal async ValueTask<bool> End(ClusterSession session, string znode, long owner)
    {
        TimeSpan patience = PatienceIn(session);
        if (_key is { } key && key.Id == owner && await session.Resume(key) is { } resumed)
        {
            _log.FormerSessionEnded(znode, owner);
            await resumed.DisposeAsync();
        }
        else
        {
            _log.WaitsForSession(znode, owner, (long)patience.TotalMilliseconds);
        }
        return await IsGone(new ZnodeClient(session), znode, patience);
    }

    /// <summary>
    /// The service grants every life of this broker the same time-out, perhaps a longer one than it asks for. ZooKeeper ends a session at the first tick after
    /// it, and a tick is half of the shortest time-out that it grants, if it is not configured otherwise.
    /// </summary>
    private TimeSpan PatienceIn(ClusterSession session)
    {
        TimeSpan granted = session.Current.Timeout;
        return (granted > _sessionTimeout ? granted : _sessionTimeout) * 1.5;
    }

    private static SessionKey? Read(string file)
    {
        try
        {
            string[] words = File.ReadAllText(file).Trim().Split(' ', 2);
            long id = long.Parse(words[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            return new SessionKey(id, Convert.FromHexString(words.Length < 2 ? "" : words[1]));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or OverflowException)
        {
            // No former life, or one whose key was not saved whole: its session ends by its time-out.
            return null;
        }
    }

    private async Task<bool> IsGone(ZnodeClient znodes, string znode, TimeSpan patience)
    {
        long start = _time.GetTimestamp();
        while (true)
        {
            TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!await znodes.Exists(znode, _ => changed.TrySetResult()))
            {
                return true;
            }
            TimeSpan left = patience - _time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero || !await IsChanged(changed.Task, left))
            {
                return false;
            }
        }
    }

    private async Task<bool> IsChanged(Task changed, TimeSpan within)
    {
        try
        {
            await changed.WithinHere(within, _time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
