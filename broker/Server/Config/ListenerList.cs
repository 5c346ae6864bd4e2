using System.Globalization;

namespace Broker.Server.Config;

/// <summary>The syntax of <c>listeners</c> and the keys around it.</summary>
internal static class ListenerList
{
    private static readonly (string Name, SecurityProtocol Protocol)[] Protocols =
    [
        ("PLAINTEXT", SecurityProtocol.Plaintext), ("SSL", SecurityProtocol.Ssl), ("SASL_PLAINTEXT", SecurityProtocol.SaslPlaintext),
            ("SASL_SSL", SecurityProtocol.SaslSsl),
    ];

    /// <summary>Kafka's name of a protection.</summary>
    public static string NameOf(SecurityProtocol protocol) => Array.Find(Protocols, p => p.Protocol == protocol).Name;

    /// <exception cref="ConfigException">A malformed entry, two of a name, two on a port, or a name without a protection.</exception>
    public static IReadOnlyList<Listener> Parse(string listeners, string protocolMap)
    {
        Dictionary<string, SecurityProtocol> protocols = ProtocolMap(protocolMap);
        Listener[] all = [.. ConfigText.List(listeners).Select(text => ParseOne("listeners", text, protocols))];
        if (all.Length == 0)
        {
            throw new ConfigException("listeners must name at least one listener, such as PLAINTEXT://127.0.0.1:9092.");
        }
        if (all.DistinctBy(l => l.Name).Count() != all.Length)
        {
            throw new ConfigException($"listeners must not name a listener twice: {listeners}.");
        }
        Listener[] fixedPorts = [.. all.Where(l => l.Port != 0)];
        if (fixedPorts.DistinctBy(l => (l.Host, l.Port)).Count() != fixedPorts.Length)
        {
            throw new ConfigException($"listeners must not use an address twice: {listeners}.");
        }
        return all;
    }

    /// <exception cref="ConfigException">A malformed entry, or a name that is no listener.</exception>
    public static IReadOnlyList<Listener> Advertised(IReadOnlyList<Listener> listeners, string? advertised)
    {
        if (string.IsNullOrWhiteSpace(advertised))
        {
            return listeners.FirstOrDefault(l => l.Host is "0.0.0.0" or "::") is { } everywhere
                ? throw new ConfigException(
                $"advertised.listeners must be set, because clients cannot connect to {everywhere.Host} of listener {everywhere.Name}.")
                : listeners;
        }

        Dictionary<string, SecurityProtocol> protocols = listeners.ToDictionary(l => l.Name, l => l.SecurityProtocol, StringComparer.Ordinal);
        Listener[] all = [.. ConfigText.List(advertised).Select(text => ParseOne("advertised.listeners", text, protocols))];
        if (all.FirstOrDefault(l => l.Host is "0.0.0.0" or "::") is { } bad)
        {
            throw new ConfigException($"advertised.listeners must not name {bad.Host}: clients cannot connect to it.");
        }
        return all;
    }

    /// <exception cref="ConfigException">The named listener does not exist.</exception>
    public static Listener InterBroker(IReadOnlyList<Listener> listeners, string? name, string protocol)
    {
        Listener? found = name is null ? listeners.FirstOrDefault(l => NameOf(l.SecurityProtocol) == protocol) : listeners.FirstOrDefault(l => l.Name == name);
        return found ?? throw new ConfigException(
            name is null ? $"listeners has none that is protected by {protocol}, as security.inter.broker.protocol asks."
                : $"inter.broker.listener.name is {name}, which listeners does not name.");
    }

    /// <exception cref="ConfigException">An entry that is not ADDRESS:NUMBER.</exception>
    public static IReadOnlyDictionary<string, int> AddressLimits(string text)
    {
        Dictionary<string, int> limits = new(StringComparer.OrdinalIgnoreCase);
        foreach (string entry in ConfigText.List(text))
        {
            int colon = entry.LastIndexOf(':');
            if (colon <= 0 || ConfigText.Int(entry[(colon + 1)..]) is not int limit || limit < 0)
            {
                throw new ConfigException($"max.connections.per.ip.overrides has '{entry}', which is not ADDRESS:NUMBER.");
            }

            limits[entry[..colon]] = limit;
        }

        return limits;
    }

    private static Listener ParseOne(string key, string text, Dictionary<string, SecurityProtocol> protocols)
    {
        int scheme = text.IndexOf("://", StringComparison.Ordinal);
        int colon = text.LastIndexOf(':');
        if (scheme <= 0 || colon < scheme + 3 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
        {
            throw new ConfigException($"{key} has '{text}', which is not NAME://HOST:PORT.");
        }

        string name = text[..scheme].ToUpperInvariant();
        if (!protocols.TryGetValue(name, out SecurityProtocol protocol))
        {
            throw new ConfigException(key == "listeners"
                ? $"listeners has {name}, which listener.security.protocol.map does not name."
                : $"{key} has {name}, which listeners does not name.");
        }

        return new Listener(name, protocol, text[(scheme + 3)..colon].Trim('[', ']'), port);
    }

    private static Dictionary<string, SecurityProtocol> ProtocolMap(string text)
    {
        Dictionary<string, SecurityProtocol> map = new(StringComparer.Ordinal);
        foreach (string entry in ConfigText.List(text))
        {
            string[] parts = entry.Split(':');
            int found = parts.Length == 2 ? Array.FindIndex(Protocols, p => p.Name == parts[1].ToUpperInvariant()) : -1;
            if (found < 0)
            {
                throw new ConfigException(
                    $"listener.security.protocol.map has '{entry}', which is not NAME:PROTOCOL with one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL.");
            }
            map[parts[0].ToUpperInvariant()] = Protocols[found].Protocol;
        }

        return map;
    }
}
