using System.Net;
using Broker.Server.Config;
using Broker.Server.Metadata.Znodes;

namespace Broker.Server.Hosting;

/// <summary>The endpoints that a broker advertises to clients.</summary>
internal static class Endpoints
{
    /// <summary>The advertised listeners, with bound ports for port 0 and this machine's name for an empty host.</summary>
    public static IReadOnlyList<BrokerEndpoint> Of(BrokerConfig config, IReadOnlyList<Listener> bound) =>
        [.. config.AdvertisedListeners.Select(a => new BrokerEndpoint(a.Name, Host(a), Port(a, bound), (short)a.SecurityProtocol))];

    private static string Host(Listener listener) => listener.Host.Length > 0 ? listener.Host : Dns.GetHostName();

    private static int Port(Listener advertised, IReadOnlyList<Listener> bound) =>
        advertised.Port != 0 ? advertised.Port : bound.First(listener => listener.Name == advertised.Name).Port;
}
