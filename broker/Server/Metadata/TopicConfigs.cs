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
        IReadOnlyList<IReadOnlyDictionary<string, string>?> before = [.. topics.Select(topic => Known(topic)?.Overrides)];
        IReadOnlyList<IReadOnlyDictionary<string, string>> read = await Pipelined.Run(topics, topic => Read(topic).AsTask());
        for (int i = 0; i < topics.Count; i++)
        {
            if (ReferenceEquals(Known(topics[i])?.Overrides, before[i]))
            {
                Take(topics[i], read[i]);
            }
        }
    }

    /// <summary>The topic's own settings, read from the tree: for answers, which must include every change that was answered before.</summary>
    /// <exception cref="CoordinationLostException">The tree is out of reach.</exception>
    internal ValueTask<IReadOnlyDictionary<string, string>> Read(string topic) => znodes.Config($"topics/{topic}");

    /// <summary>Reads one topic's settings again, as they are now.</summary>
    internal async Task Refresh(string topic) => Take(topic, await Read(topic));

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
        Change(topic, static _ => null);
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

    private void Take(string topic, IReadOnlyDictionary<string, string> overrides)
    {
        Change(topic, before => before is null ? new Entry(null, overrides) : before with { Overrides = overrides });
        _changed(topic, overrides);
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
    private sealed record Entry(Guid? TopicId, IReadOnlyDictionary<string, string> Overrides);
}
