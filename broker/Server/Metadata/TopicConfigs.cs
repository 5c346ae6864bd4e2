using System.Collections.Concurrent;
using Broker.Server.Config;
using Broker.Server.Metadata.Znodes;
using Broker.Storage;

namespace Broker.Server.Metadata;

/// <summary>The topics' own settings, and the settings in effect for a topic's logs. Read from any thread without a lock.</summary>
internal sealed class TopicConfigs(ZnodeClient znodes, DynamicBrokerConfigs broker)
{
    private static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, IReadOnlyDictionary<string, string>> _overrides = new(StringComparer.Ordinal);

    private Action<string, IReadOnlyDictionary<string, string>> _changed = static (_, _) => { };

    /// <summary>
    /// Calls <paramref name="holds"/> with a topic's own settings: now for each topic that has some, and whenever they are read again. It must not block.
    /// Before the changes are followed.
    /// </summary>
    internal void Subscribe(Action<string, IReadOnlyDictionary<string, string>> holds)
    {
        _changed += holds;
        foreach ((string topic, IReadOnlyDictionary<string, string> overrides) in _overrides)
        {
            holds(topic, overrides);
        }
    }

    /// <summary>Reads every topic's settings; before the logs are loaded.</summary>
    internal async Task Load()
    {
        foreach (string topic in await znodes.Children(ZnodePaths.TopicConfigs))
        {
            await Refresh(topic);
        }
    }

    /// <summary>The topic's own settings, read from the tree: for answers, which must include every change that was answered before.</summary>
    /// <exception cref="CoordinationLostException">The tree is out of reach.</exception>
    internal ValueTask<IReadOnlyDictionary<string, string>> Read(string topic) => znodes.Config($"topics/{topic}");

    /// <summary>Reads one topic's settings again, as they are now.</summary>
    internal async Task Refresh(string topic)
    {
        IReadOnlyDictionary<string, string> overrides = await Read(topic);
        if (overrides.Count == 0)
        {
            _overrides.TryRemove(topic, out _);
        }
        else
        {
            _overrides[topic] = overrides;
        }

        _changed(topic, overrides);
    }

    /// <summary>Forgets a topic that has been deleted.</summary>
    internal void Forget(string topic)
    {
        _overrides.TryRemove(topic, out _);
        _changed(topic, None);
    }

    /// <summary>The topic's own settings, as of the last notice.</summary>
    internal IReadOnlyDictionary<string, string> OverridesOf(string topic) => _overrides.GetValueOrDefault(topic, None);

    /// <summary>The settings in effect for the topic's logs.</summary>
    internal LogConfig LogConfigOf(string topic) => TopicLogConfig.Of(OverridesOf(topic), broker.Effective);

    /// <summary>unclean.leader.election.enable of the topic, read from the tree: no notice says what a topic is created with.</summary>
    /// <exception cref="CoordinationLostException">The tree is out of reach.</exception>
    internal async Task<bool> IsUncleanElectionAllowed(string topic) =>
        (bool)TopicSettings.Value("unclean.leader.election.enable", await Read(topic), broker.Effective);
}
