using Broker.Coordination;
using Broker.Server.Metadata.Znodes;

namespace Broker.Server.Controller;

/// <summary>Puts this broker into the tree; the znode's czxid is its epoch.</summary>
internal sealed class BrokerRegistrar(ClusterSession session)
{
    /// <summary>The epoch of the broker's present life, -1 before it registered; from any thread.</summary>
    internal long Epoch => Interlocked.Read(ref _epoch);

    private long _epoch = -1;

    /// <summary>Registers, or registers again in a new session. Replaces the znode of the broker's own former session.</summary>
    /// <exception cref="InvalidOperationException">Another broker has this id, or advertises one of these addresses.</exception>
    internal async ValueTask Register(BrokerRegistration registration)
    {
        await RefuseSharedAddresses(registration);
        string path = ZnodePaths.Broker(registration.Id);
        while (true)
        {
            MultiResult result = await session.Current.Multi([
                new Op.Create(path, null, CreateMode.Ephemeral), new Op.SetData(path, registration.Encode(), 0)]);
            if (result.Code == Code.Ok)
            {
                Interlocked.Exchange(ref _epoch, result.Results[0].Stat.Czxid);
                return;
            }

            ZnodeClient.Expect(result.Code, path, Code.NodeExists);
            if (await IsRegistered(path))
            {
                return;
            }
        }
    }

    /// <summary>Whether the znode that is there is this session's; a former one's is deleted.</summary>
    private async ValueTask<bool> IsRegistered(string path)
    {
        StatResult present = await session.Current.Exists(path);
        ZnodeClient.Expect(present.Code, path, Code.NoNode);
        if (present.Code == Code.NoNode)
        {
            return false;
        }
        if (present.Stat.EphemeralOwner == session.Current.SessionId)
        {
            Interlocked.Exchange(ref _epoch, present.Stat.Czxid);
            return true;
        }

        if (present.Stat.EphemeralOwner != session.PreviousSessionId || session.PreviousSessionId == 0)
        {
            throw new InvalidOperationException($"{path} belongs to another broker: two brokers must not have one id");
        }
        ZnodeClient.Expect(await session.Current.Delete(path, present.Stat.Version), path, Code.NoNode);
        return false;
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
                throw new InvalidOperationException($"Broker {name} already advertises {shared}: two brokers must not have one address");
            }
        }
    }
}
