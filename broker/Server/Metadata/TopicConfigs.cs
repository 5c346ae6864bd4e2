using System.Collections.Immutable;
using Broker.Server.Config;
using Broker.Server.Metadata.Znodes;
using Broker.Storage;

namespace Broker.Server.Metadata;

/// <summary>The topics' own settings, and the settings in effect for a topic's logs. Read from any thread without a lock.</summary>
internal sealed class TopicConfigs(ZnodeClient znodes, DynamicBrokerConfigs broker)
{
    private static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>(StringComparer.Ordinal);

    private readonly Lock _gate = new();

    /// <summary>Counts the reads, as they begin.</summary>
    private long _turns;

    /// <summary>The turn in which a topic was forgotten last.</summary>
    private long _lastForgotten;

    private ImmutableSortedDictionary<string, Entry> _known = ImmutableSortedDictionary.Create<string, Entry>(StringComparer.Ordinal);

    private Action<string, IReadOnlyDictionary<string, string>> _changed = static (_, _) => { };

    /// <summary>
    /// Calls <paramref name="holds"/> with a topic's own settings: now for each topic that has some, and whenever they are read again. It must not block.
    /// Before the changes are followed.
    /// </summary>
    internal void Subscribe(Action<string, IReadOnlyDictionary<string, string>> holds)
    {
        _changed += holds;
        foreach ((string topic, Entry entry) in Volatile.Read(ref _known))
        {
            holds(topic, entry.Overrides);
        }
    }

    /// <summary>
    /// Reads every topic's settings: before the logs are loaded, and again when changes are followed, because their notices are deleted after a while and the
    /// logs may take longer. What is read anew meanwhile stays.
    /// </summary>
    internal async Task Load()
    {
        IReadOnlyList<string> topics = await znodes.Children(ZnodePaths.TopicConfigs);
        long turn = Interlocked.Increment(ref _turns);
        IReadOnlyList<IReadOnlyDictionary<string, string>> read = await Pipelined.Run(topics, topic => Read(topic).AsTask());
        for (int i = 0; i < topics.Count; i++)
        {
            // What was forgotten meanwhile is read when this broker gets a replica of it again.
            TryTake(topics[i], read[i], turn);
        }
    }

    /// <summary>The topic's own settings, read from the tree: for answers, which must include every change that was answered before.</summary>
    /// <exception cref="CoordinationLostException">The tree is out of reach.</exception>
    internal ValueTask<IReadOnlyDictionary<string, string>> Read(string topic) => znodes.Config($"topics/{topic}");

    /// <summary>Reads one topic's settings again, as they are now.</summary>
    internal async Task Refresh(string topic)
    {
        long turn;
        do
        {
            turn = Interlocked.Increment(ref _turns);
        }
        while (!TryTake(topic, await Read(topic), turn));
    }

    /// <summary>
    /// Makes sure that the settings of a topic are known of which this broker gets a replica. No notice says what a topic is created with, and not only a
    /// replica that the controller calls new is of a topic that is: the controller that has created it may have been replaced before its request arrived.
    /// </summary>
    /// <param name="topic">The topic's name.</param>
    /// <param name="id">The topic's id; another one than before is another topic.</param>
    /// <param name="isNew">Whether the controller has created a partition.</param>
    internal async Task Learn(string topic, Guid id, bool isNew)
    {
        if (isNew || Known(topic) is not { } known || (known.TopicId is { } former && former != id))
        {
            await Refresh(topic);
        }

        if (Known(topic)?.TopicId != id)
        {
            Change(topic, entry => entry is null ? null : entry with { TopicId = id });
        }
    }

    /// <summary>Forgets a topic that has been deleted.</summary>
    internal void Forget(string topic)
    {
        lock (_gate)
        {
            _lastForgotten = Interlocked.Increment(ref _turns);
            Change(topic, static _ => null);
        }

        _changed(topic, None);
    }

    /// <summary>The topic's own settings, as of the last notice.</summary>
    internal IReadOnlyDictionary<string, string> OverridesOf(string topic) => Known(topic)?.Overrides ?? None;

    /// <summary>The settings in effect for the topic's logs.</summary>
    internal LogConfig LogConfigOf(string topic) => TopicLogConfig.Of(OverridesOf(topic), broker.Effective);

    /// <summary>unclean.leader.election.enable of the topic, read from the tree: no notice says what a topic is created with.</summary>
    /// <exception cref="CoordinationLostException">The tree is out of reach.</exception>
    internal async Task<bool> IsUncleanElectionAllowed(string topic) =>
        (bool)TopicSettings.Value("unclean.leader.election.enable", await Read(topic), broker.Effective);

    /// <summary>
    /// Takes over what was read, unless something newer is known: a session answers in order, and its answers may be taken over in another one. False where
    /// nothing is known of the topic and topics were forgotten since the read began: it may be one of them.
    /// </summary>
    private bool TryTake(string topic, IReadOnlyDictionary<string, string> overrides, long turn)
    {
        lock (_gate)
        {
            Entry? known = _known.GetValueOrDefault(topic);
            if (known is null ? _lastForgotten > turn : known.Turn > turn)
            {
                return known is not null;
            }

            Change(topic, before => before is null ? new Entry(null, overrides, turn) : before with { Overrides = overrides, Turn = turn });
        }

        _changed(topic, overrides);
        return true;
    }

    private Entry? Known(string topic) => Volatile.Read(ref _known).GetValueOrDefault(topic);

    private void Change(string topic, Func<Entry?, Entry?> change)
    {
        lock (_gate)
        {
            Entry? entry = change(_known.GetValueOrDefault(topic));
            Volatile.Write(ref _known, entry is null ? _known.Remove(topic) : _known.SetItem(topic, entry));
        }
    }

    /// <param name="TopicId">Null until the controller has named it.</param>
    /// <param name="Overrides">The topic's own settings.</param>
    /// <param name="Turn">Of the read that has found them.</param>
    private sealed record Entry(Guid? TopicId, IReadOnlyDictionary<string, string> Overrides, long Turn);
}
