using Broker.Coordination;
using Broker.Server.Config;
using Broker.Server.Metadata;
using Broker.Server.Metadata.Znodes;

namespace Broker.Server.Controller;

/// <summary>Puts this broker into the tree; the znode's czxid is its epoch.</summary>
/// <param name="session">The broker's session.</param>
/// <param name="clusterId">The cluster that the broker has joined.</param>
/// <param name="former">Ends the session of a killed life of this broker; null for a broker without folders, which has no former life.</param>
internal sealed class BrokerRegistrar(ClusterSession session, string clusterId, FormerLife? former = null)
{
    /// <summary>The epoch of the broker's present life, -1 before it registered; from any thread.</summary>
    internal long Epoch => Interlocked.Read(ref _epoch);

    private long _epoch = -1;

    /// <summary>
    /// Registers, or registers again in a new session. Replaces the znode of the broker's own former session, and waits for that of a killed life.
    /// </summary>
    /// <exception cref="ConfigException">Another broker has this id, or advertises one of these addresses; or the tree is not of this broker's cluster any
    /// more.</exception>
    internal async ValueTask Register(BrokerRegistration registration)
    {
        await RefuseOtherCluster();
        await RefuseSharedAddresses(registration);
        string path = ZnodePaths.Broker(registration.Id);
        while (!await IsRegistered(path))
        {
            former?.Save(session.Current.Key);
            MultiResult result = await session.Current.Multi([
                new Op.Create(path, null, CreateMode.Ephemeral), new Op.SetData(path, registration.Encode(), 0)]);
            if (result.Code == Code.Ok)
            {
                Interlocked.Exchange(ref _epoch, result.Results[1].Stat.Czxid);
                return;
            }
            ZnodeClient.Expect(result.Code, path, Code.NodeExists);
        }
    }

    /// <summary>
    /// Whether this session owns the znode. A znode of this process's former session is deleted; the session of a killed process of this broker is ended.
    /// </summary>
    private async ValueTask<bool> IsRegistered(string path)
    {
        StatResult present = await session.Current.Exists(path);
        ZnodeClient.Expect(present.Code, path, Code.NoNode);
        if (present.Code == Code.NoNode)
        {
            return false;
        }
        long owner = present.Stat.EphemeralOwner;
        if (owner == session.Current.SessionId)
        {
            Interlocked.Exchange(ref _epoch, present.Stat.Czxid);
            return true;
        }
        if (session.HasHad(owner))
        {
            ZnodeClient.Expect(await session.Current.Delete(path, present.Stat.Version), path, Code.NoNode);
        }
        else if (former is null || !await former.End(session, path, owner))
        {
            throw new ConfigException($"broker.id: {path} belongs to another broker, whose session 0x{owner:x} has not ended: two brokers must not have one id.");
        }
        return false;
    }

    // ZooKeeper may have lost its data, or have got another's, while the broker was cut off.
    private async ValueTask RefuseOtherCluster()
    {
        string? found = await new ZnodeClient(session).ClusterId();
        if (found != clusterId)
        {
            throw new ConfigException(
                $"zookeeper.connect: ZooKeeper {(found is null ? "knows no cluster" : $"has cluster {found}")} now, but this broker is of cluster {clusterId}.");
        }
    }

    private async ValueTask RefuseSharedAddresses(BrokerRegistration registration)
    {
        ZnodeClient znodes = new(session);
        HashSet<(string Host, int Port)> mine = registration.Endpoints.Select(endpoint => (endpoint.Host, endpoint.Port)).ToHashSet();
        foreach (string name in await znodes.Children(ZnodePaths.BrokerIds))
        {
            if (int.Parse(name) == registration.Id || await znodes.Broker(int.Parse(name)) is not { } other)
            {
                continue;
            }
            if (other.Registration.Endpoints.FirstOrDefault(endpoint => mine.Contains((endpoint.Host, endpoint.Port))) is { } shared)
            {
                throw new ConfigException($"advertised.listeners: broker {name} already advertises {shared}: two brokers must not have one address.");
            }
        }
    }
}
