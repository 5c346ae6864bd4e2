using Broker.Server.Config;
using Broker.Server.Metadata.Znodes;

namespace Broker.Server.Metadata;

/// <summary>One layer of a broker's configuration, uppermost first.</summary>
internal sealed record BrokerConfigLayers(
    BrokerConfig Static, IReadOnlyDictionary<string, string> Default, IReadOnlyDictionary<string, string> OfBroker, BrokerConfig Effective);

/// <summary>The broker's configuration: what it was started with, below the cluster's dynamic default, below its own dynamic one. Immutable layers, replaced
/// whole.</summary>
internal sealed class DynamicBrokerConfigs(BrokerConfig started, int brokerId, ZnodeClient znodes, MetadataLog log)
{
    private static readonly Dictionary<string, string> None = new(StringComparer.Ordinal);
    private Action<BrokerConfig>[] _subscribers = [];
    private volatile BrokerConfigLayers _layers = new(started, None, None, started);

    /// <summary>The layers of this moment.</summary>
    internal BrokerConfigLayers Layers => _layers;

    /// <summary>What holds now.</summary>
    internal BrokerConfig Effective => _layers.Effective;

    /// <summary>Where the dynamic configuration of this broker lies, below /config.</summary>
    internal string OwnPath { get; } = $"brokers/{brokerId}";

    /// <summary>Where the cluster's default lies, below /config.</summary>
    internal static string DefaultPath { get; } = $"brokers/{ZnodePaths.DefaultEntity}";

    /// <summary>Reads both dynamic layers again. A value that does not hold together with the others is passed over, and logged.</summary>
    internal async Task Refresh()
    {
        IReadOnlyDictionary<string, string> defaults = await znodes.Config(DefaultPath);
        IReadOnlyDictionary<string, string> own = await znodes.Config(OwnPath);
        _layers = new BrokerConfigLayers(started, defaults, own, Merge(defaults, own));
        Array.ForEach(_subscribers, Tell);
    }

    /// <summary>Has somebody told what holds: now, and after each look at the dynamic layers. Before the changes are followed; only hand over.</summary>
    internal void Subscribe(Action<BrokerConfig> holds)
    {
        _subscribers = [.. _subscribers, holds];
        Tell(holds);
    }

    private void Tell(Action<BrokerConfig> holds) => holds(_layers.Effective);

    /// <summary>The configuration that would hold with other dynamic layers.</summary>
    /// <exception cref="ConfigException">The values do not hold together.</exception>
    internal BrokerConfig With(IReadOnlyDictionary<string, string> defaults, IReadOnlyDictionary<string, string> own) =>
        started.With(defaults.Concat(own).Select(entry => KeyValuePair.Create(entry.Key, (string?)entry.Value)));

    /// <summary>All values where they hold together; else one after the other, and those that do not hold are passed over alone.</summary>
    private BrokerConfig Merge(IReadOnlyDictionary<string, string> defaults, IReadOnlyDictionary<string, string> own)
    {
        try
        {
            return With(defaults, own);
        }
        catch (ConfigException)
        {
            return defaults.Concat(own).Aggregate(started, WithOne);
        }
    }

    private BrokerConfig WithOne(BrokerConfig config, KeyValuePair<string, string> entry)
    {
        try
        {
            return config.With([KeyValuePair.Create(entry.Key, (string?)entry.Value)]);
        }
        catch (ConfigException problem)
        {
            log.BrokerConfigRefused(problem.Message);
            return config;
        }
    }
}
