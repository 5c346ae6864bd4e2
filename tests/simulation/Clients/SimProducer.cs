using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Protocol.Records;
using Broker.Server.InterBroker;
using Broker.Simulation.Tests.Cluster;
using Broker.Simulation.Tests.Worlds;

namespace Broker.Simulation.Tests.Clients;

/// <summary>A record that was acknowledged: its value and where the broker put it.</summary>
internal readonly record struct Acknowledged(string Value, int Partition, long Offset);

/// <summary>A client that sends numbered records with acks=all, one batch of a partition at a time, and repeats each until it is acknowledged.</summary>
internal sealed class SimProducer
{
    private const string Topic = History.Topic;
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(100);

    private readonly World _world;
    private readonly SimClient _client;
    private readonly bool _isIdempotent;
    private readonly int[] _sent = new int[History.Partitions];
    private long _producerId = -1;

    public SimProducer(World world, SimNetwork network, string name, bool isIdempotent)
    {
        _world = world;
        _isIdempotent = isIdempotent;
        Node = new Node(world, name);
        _client = new SimClient(world, network, Node);
        Node.Start(Begin);
    }

    public Node Node { get; }

    public bool IsIdempotent => _isIdempotent;

    public List<Acknowledged> Acknowledgements { get; } = [];

    /// <summary>Set to end; what is under way is still repeated until it is acknowledged.</summary>
    public bool IsStopping { get; set; }

    public int Running { get; private set; }

    private async Task Begin()
    {
        Running = History.Partitions;
        while (_isIdempotent && _producerId < 0)
        {
            _producerId = await NewProducerId() ?? -1;
        }

        for (int partition = 0; partition < History.Partitions; partition++)
        {
            int own = partition;
            Node.Start(() => Produce(own));
        }
    }

    private async Task Produce(int partition)
    {
        while (!IsStopping)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(_world.Random.Next(1, 200)), Node.Time);
            int count = _world.Random.Next(1, 4);
            string[] values = [.. Enumerable.Range(_sent[partition], count).Select(number => $"{Node.Name}/{partition}/{number}")];
            long offset = await SendUntilAcknowledged(partition, values);
            Acknowledgements.AddRange(values.Select((value, i) => new Acknowledged(value, partition, offset < 0 ? -1 : offset + i)));
            _sent[partition] += count;
        }

        Running--;
    }

    private async Task<long> SendUntilAcknowledged(int partition, string[] values)
    {
        while (true)
        {
            try
            {
                ProduceResponse.PartitionProduceResponse answer = await Send(partition, values);
                ErrorCode error = (ErrorCode)answer.ErrorCode;
                if (error == ErrorCode.None)
                {
                    return answer.BaseOffset;
                }

                // The broker has the batch, and no longer knows where.
                if (error == ErrorCode.DuplicateSequenceNumber)
                {
                    return -1;
                }

                IsFatal(error).ShouldBeFalse($"{Node.Name} gets {error}");
            }
            catch (BrokerUnreachableException)
            {
                // Sent again below: whether the broker has it is unknown.
            }

            await Task.Delay(RetryPause, Node.Time);
        }
    }

    /// <summary>
    /// OUT_OF_ORDER_SEQUENCE_NUMBER is not: a leader that does not know yet that it was replaced lacks what its successor has acknowledged. A leader that has
    /// lost it says so for ever, and the history does not end.
    /// </summary>
    private static bool IsFatal(ErrorCode error) => error is ErrorCode.InvalidProducerEpoch or ErrorCode.CorruptMessage or ErrorCode.UnknownServerError;

    private async Task<long?> NewProducerId()
    {
        try
        {
            InitProducerIdResponse response = await _client.Ask<InitProducerIdRequest, InitProducerIdResponse>(_client.AnyBroker(), new InitProducerIdRequest
            {
                TransactionalId = null, TransactionTimeoutMs = int.MaxValue,
            }, 4);
            return response.ErrorCode == 0 ? response.ProducerId : null;
        }
        catch (BrokerUnreachableException)
        {
            return null;
        }
    }

    private async Task<ProduceResponse.PartitionProduceResponse> Send(int partition, string[] values)
    {
        (int leader, int _) = await _client.LeaderOf(History.Topic, partition);
        ProduceResponse response = await _client.Ask<ProduceRequest, ProduceResponse>(leader, new ProduceRequest
        {
            Acks = -1,
            TimeoutMs = 3_000,
            TopicData = [new() { Name = Topic, PartitionData = [new() { Index = partition, Records = Batch(partition, values) }] }],
        }, 9);
        return response.Responses[0].PartitionResponses[0];
    }

    private byte[] Batch(int partition, string[] values)
    {
        BatchOptions options = _isIdempotent
            ? new BatchOptions { ProducerId = _producerId, ProducerEpoch = 0, BaseSequence = _sent[partition] }
            : new BatchOptions();
        return Batches.Of(options, Node.Time, values);
    }
}
