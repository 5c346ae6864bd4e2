using System.Threading.Channels;
using Broker.Coordination;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Scheduling;

namespace Broker.Server.Metadata;

/// <summary>
/// Follows /config/changes: reads again what a notice names, and notifies the partitions. One loop; the watch only wakes it.
/// </summary>
internal sealed class ConfigChanges : IAsyncDisposable
{
    /// <summary>Kafka's age from which a notice is deleted: every broker has seen it by then.</summary>
    private static readonly TimeSpan Expiry = TimeSpan.FromMinutes(15);

    // One pending wake-up is enough: the loop then reads all notices.
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ZnodeClient _znodes;
    private readonly TopicConfigs _topics;
    private readonly DynamicBrokerConfigs _broker;
    private readonly Func<string?, Task> _configure;
    private readonly IScheduler _scheduler;
    private readonly TimeProvider _time;
    private readonly MetadataLog _log;
    private long _lastHandled = -1;
    private Task _loop = Task.CompletedTask;

    /// <param name="configure">Gives the partitions of a topic its settings, those of all topics where it is null; awaited by the loop.</param>
    internal ConfigChanges(
        ClusterSession session, TopicConfigs topics, DynamicBrokerConfigs broker, Func<string?, Task> configure, IScheduler scheduler, TimeProvider time,
        MetadataLog log)
    {
        _znodes = new ZnodeClient(session);
        _topics = topics;
        _broker = broker;
        _configure = configure;
        _scheduler = scheduler;
        _time = time;
        _log = log;
        session.Subscribe(state =>
        {
            if (state == SessionState.Connected)
            {
                Wake();
            }
        });
    }

    /// <summary>Reads everything, then follows. No change after this call is missed.</summary>
    internal async Task Start()
    {
        await Handle(notifyPartitions: false);
        await _broker.Refresh();
        await _topics.Load();
        _loop = _scheduler.Run(Run);
    }

    /// <summary>After the session was replaced: leaves the watch again.</summary>
    internal void Wake() => _wake.Writer.TryWrite(true);

    public async ValueTask DisposeAsync()
    {
        _wake.Writer.TryComplete();
        await _loop;
    }

    private async Task Run()
    {
        await foreach (bool _ in _wake.Reader.ReadEach())
        {
            try
            {
                await Handle(notifyPartitions: true);
            }
            catch (CoordinationLostException lost)
            {
                _log.ChangesPaused(lost.Code); // The session's return wakes the loop.
            }
#pragma warning disable CA1031 // The top of the loop: after any failure of one round, the next change must still be seen.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                _log.ChangeFailed(failure);
            }
        }
    }

    private async Task Handle(bool notifyPartitions)
    {
        IReadOnlyList<string> notices = await _znodes.Children(ZnodePaths.ConfigChanges, _ => Wake());
        foreach (string name in notices.OrderBy(Sequence))
        {
            string path = $"{ZnodePaths.ConfigChanges}/{name}";
            DataResult notice = await _znodes.Get(path);
            if (notice.Code != Code.Ok)
            {
                continue;
            }
            if (Sequence(name) > _lastHandled)
            {
                if (notifyPartitions)
                {
                    await Apply(path, notice.Data);
                }
                _lastHandled = Sequence(name);
            }

            if (notice.Stat.Ctime < (_time.GetUtcNow() - Expiry).ToUnixTimeMilliseconds())
            {
                ZnodeClient.Expect(await _znodes.Session.Delete(path), path, Code.NoNode);
            }
        }
    }

    /// <summary>
    /// Handles one notice. A change that cannot be applied is logged and skipped; where the tree cannot be reached, the notice is handled later.
    /// </summary>
    private async Task Apply(string path, byte[]? notice)
    {
        try
        {
            await Apply(ConfigChangeZnode.Decode(path, notice));
        }
        catch (MalformedZnodeException problem)
        {
            _log.ChangeUnreadable(problem.Message);
        }
#pragma warning disable CA1031 // The top of one change: a partition that cannot take it must not keep the others from the next one.
        catch (Exception failure) when (failure is not CoordinationLostException)
#pragma warning restore CA1031
        {
            _log.ChangeFailed(failure);
        }
    }

    private async Task Apply(string entity)
    {
        if (entity.StartsWith("topics/", StringComparison.Ordinal))
        {
            string topic = entity["topics/".Length..];
            await _topics.Refresh(topic);
            await _configure(topic);
        }
        else if (entity == _broker.OwnPath || entity == DynamicBrokerConfigs.DefaultPath)
        {
            await _broker.Refresh();
            await _configure(null);
        }

        _log.ConfigChanged(entity);
    }

    private static long Sequence(string name) => long.TryParse(name.AsSpan(name.LastIndexOf('_') + 1), out long number) ? number : -1;
}
