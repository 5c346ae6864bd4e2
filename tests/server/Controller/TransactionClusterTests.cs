using Broker.Coordination;
using Broker.Coordination.Embedded;
using Broker.Server.Config;
using Broker.Server.Controller;
using Broker.Server.InterBroker;
using Broker.Server.Metadata;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Scheduling;
using Microsoft.Extensions.Logging.Abstractions;

namespace Broker.Server.Tests.Controller;

public sealed class TransactionClusterTests
{
    [Fact]
    public async Task A_cluster_with_transactions_is_refused_in_one_sentence()
    {
        await using EmbeddedCoordination tree = EmbeddedCoordination.InMemory(TimeProvider.System);
        await using (ICoordinationSession session = await tree.OpenSession())
        {
            await session.Create("/brokers", null);
            await session.Create(ZnodePaths.Topics, null);
            await session.Create(ZnodePaths.Topic(ClusterImage.TransactionState), [1]);
        }

        BrokerConfig config = new(new Dictionary<string, string>(StringComparer.Ordinal) { ["zookeeper.connect"] = "zk:2181" });
        ConfigException refused = await Should.ThrowAsync<ConfigException>(() => ClusterMembership.Join(
            tree, null, config, null, null, new SocketBrokerConnections(1 << 20, TimeProvider.System), PoolScheduler.Instance, TimeProvider.System,
            new Random(1), NullLoggerFactory.Instance));
        refused.Message.ShouldBe("zookeeper.connect: the cluster at zk:2181 has the topic __transaction_state, and this broker serves no transactions.");
    }
}
