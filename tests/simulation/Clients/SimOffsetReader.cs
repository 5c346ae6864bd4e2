using Broker.Server.InterBroker;
using Broker.Simulation.Tests.Cluster;
using Broker.Simulation.Tests.Worlds;

namespace Broker.Simulation.Tests.Clients;

/// <summary>A client that asks the leaders where the partitions end: no leader of the same or a later epoch answers less than was answered before.</summary>
internal sealed class SimOffsetReader
{
    private const long Latest = -1;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly SimClient _client;

    public SimOffsetReader(World world, SimNetwork network)
    {
        Node = new Node(world, "reader");
        _client = new SimClient(world, network, Node);
        for (int partition = 0; partition < History.Partitions; partition++)
        {
            int own = partition;
            Node.Start(() => Read(own));
        }
    }

    public Node Node { get; }

    /// <summary>How often a leader has answered.</summary>
    public int Answers { get; private set; }

    private async Task Read(int partition)
    {
        (int Epoch, long Offset) last = (-1, -1);
        while (true)
        {
            try
            {
                (int leader, int epoch) = await _client.LeaderOf(History.Topic, partition);
                if (epoch >= last.Epoch && await _client.OffsetOf(History.Topic, partition, leader, epoch, Latest) is { } end)
                {
                    end.ShouldBeGreaterThanOrEqualTo(last.Offset, $"ListOffsets of partition {partition} goes back in epoch {epoch}, after epoch {last.Epoch}");
                    last = (epoch, end);
                    Answers++;
                }
            }
            catch (BrokerUnreachableException)
            {
                // Asked again below.
            }

            await Task.Delay(Pause, Node.Time);
        }
    }
}
