using Broker.Server.Config;
using Broker.Server.Metadata.Znodes;

namespace Broker.Server.Metadata;

/// <summary>The layers of a broker's configuration, and the values in effect.</summary>
/// <param name="Static">What the broker was started with: the lowest layer.</param>
/// <param name="Default">The cluster's dynamic default.</param>
/// <param name="OfBroker">The broker's own dynamic settings: the uppermost layer.</param>
/// <param name="Effective">The values in effect, without those of <paramref name="Refused"/>.</param>
/// <param name="Refused">A sentence for each dynamic value that contradicts the others.</param>
internal sealed record BrokerConfigLayers(
    BrokerConfig Static, IReadOnlyDictionary<string, string> Default, IReadOnlyDictionary<string, string> OfBroker, BrokerConfig Effective,
    IReadOnlyList<string> Refused);

/// <summary>The broker's configuration: what it was started with, below the cluster's dynamic default, below its own dynamic one. From any thread.</summary>
internal sealed class DynamicBrokerConfigs
{
    private readonly BrokerConfig _started;
    private readonly ZnodeClient _znodes;
    private readonly MetadataLog _log;
    private Action<BrokerConfig>[] _subscribers = [];
    private volatile BrokerConfig _effective;

    internal DynamicBrokerConfigs(BrokerConfig started, int brokerId, ZnodeClient znodes, MetadataLog log)
    {
        _started = started;
        _znodes = znodes;
        _log = log;
        _effective = started;
        OwnPath = $"brokers/{brokerId}";
    }

    /// <summary>Where the cluster's default lies, below /config.</summary>
    internal static string DefaultPath { get; } = $"brokers/{ZnodePaths.DefaultEntity}";

    /// <summary>Where the dynamic configuration of this broker lies, below /config.</summary>
    internal string OwnPath { get; }

    /// <summary>The configuration in effect.</summary>
    internal BrokerConfig Effective => _effective;

    /// <summary>Reads the layers from the tree: for answers, which must include every change that was answered before.</summary>
    /// <exception cref="CoordinationLostException">The tree is out of reach.</exception>
    internal async ValueTask<BrokerConfigLayers> Read()
    {
        IReadOnlyDictionary<string, string> defaults = await _znodes.Config(DefaultPath);
        IReadOnlyDictionary<string, string> own = await _znodes.Config(OwnPath);
        List<string> refused = [];
        return new BrokerConfigLayers(_started, defaults, own, Merge(defaults, own, refused), refused);
    }

    /// <summary>Reads both dynamic layers again and puts them into effect. A value that contradicts the others is ignored and logged.</summary>
    internal async Task Refresh()
    {
        BrokerConfigLayers layers = await Read();
        foreach (string sentence in layers.Refused)
        {
            _log.BrokerConfigRefused(sentence);
        }

        _effective = layers.Effective;
        Array.ForEach(_subscribers, Notify);
    }

    /// <summary>Calls <paramref name="holds"/> with what holds: now, and after each <see cref="Refresh"/>. Before the changes are followed; it must not
    /// block.</summary>
    internal void Subscribe(Action<BrokerConfig> holds)
    {
        _subscribers = [.. _subscribers, holds];
        Notify(holds);
    }

    /// <summary>The configuration that other dynamic layers would give.</summary>
    /// <exception cref="ConfigException">The values contradict each other.</exception>
    internal BrokerConfig With(IReadOnlyDictionary<string, string> defaults, IReadOnlyDictionary<string, string> own) =>
        _started.With(defaults.Concat(own).Select(entry => KeyValuePair.Create(entry.Key, (string?)entry.Value)));

    private void Notify(Action<BrokerConfig> holds) => holds(_effective);

    /// <summary>All values where they agree; else one after the other, and only those that contradict the earlier ones are ignored.</summary>
    private BrokerConfig Merge(IReadOnlyDictionary<string, string> defaults, IReadOnlyDictionary<string, string> own, List<string> refused)
    {
        try
        {
            return With(defaults, own);
        }
        catch (ConfigException)
        {
            return defaults.Concat(own).Aggregate(_started, (config, entry) => WithOne(config, entry, refused));
        }
    }

    private static BrokerConfig WithOne(BrokerConfig config, KeyValuePair<string, string> entry, List<string> refused)
    {
        try
        {
            return config.With([KeyValuePair.Create(entry.Key, (string?)entry.Value)]);
        }
        catch (ConfigException problem)
        {
            refused.Add(problem.Message);
            return config;
        }
    }
}
