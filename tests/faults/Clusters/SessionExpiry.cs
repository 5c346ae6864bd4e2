using System.Globalization;
using Broker.Coordination;
using Broker.Coordination.ZooKeeper;
using Microsoft.Extensions.Logging.Abstractions;
using Running;

namespace Faults.Tests.Clusters;

/// <summary>
/// Ends a living broker's ZooKeeper session: the key that the broker saves lets anyone who may read its folder take the session over and close it.
/// </summary>
internal static class SessionExpiry
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static Task ForceAsync(ZooKeeperServer zooKeeper, BrokerProcess broker) => Until.HoldsAsync("the broker's session is ended", Patience, async () =>
    {
        ZooKeeperCoordination service = new(new ZooKeeperOptions(ZooKeeperAddress.Parse(zooKeeper.Address), Patience, Patience, MaxInFlight: 1),
            TimeProvider.System, NullLogger.Instance);
        if (await service.ResumeSession(await SavedKeyAsync(broker)) is not { } session)
        {
            return false;
        }
        await session.DisposeAsync();
        return true;
    });

    private static async Task<SessionKey> SavedKeyAsync(BrokerProcess broker)
    {
        string[] words = (await File.ReadAllTextAsync(Path.Combine(broker.DataFolder, "coordination.session"))).Trim().Split(' ');
        return new SessionKey(long.Parse(words[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture), Convert.FromHexString(words[1]));
    }
}
