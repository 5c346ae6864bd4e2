using System.Text;
using Confluent.Kafka;
using Game.Contracts;

namespace Game.Cli.Demo;

/// <summary>Publishes the campaigns that the simulator plants to <c>simulation-truth</c>.</summary>
internal sealed class TruthPublisher(string bootstrapServers) : IDisposable
{
    private readonly IProducer<byte[], byte[]> _producer =
        new ProducerBuilder<byte[], byte[]>(ClientSettings.Producer(bootstrapServers, "simulator")).SetLogHandler((_, _) => { }).Build();

    private long _unacknowledged;

    public void Publish(IEnumerable<SimulationTruth> truths)
    {
        foreach (SimulationTruth truth in truths)
        {
            Interlocked.Increment(ref _unacknowledged);
            Message<byte[], byte[]> message = new()
            {
                Key = Encoding.UTF8.GetBytes(truth.UserId), Value = ContractJson.Encode(truth), Headers = Schemas.Headers(Schemas.SimulationTruth),
            };
            _producer.Produce(Topics.SimulationTruth, message, report =>
            {
                if (!report.Error.IsError)
                {
                    Interlocked.Decrement(ref _unacknowledged);
                }
            });
        }
    }

    /// <exception cref="UserErrorException">Some of the truth was not acknowledged, so that detection could not be judged.</exception>
    public void Flush()
    {
        _producer.Flush(TimeSpan.FromSeconds(30));
        if (Interlocked.Read(ref _unacknowledged) != 0)
        {
            throw new UserErrorException("The simulator's truth could not be published: the broker did not acknowledge it.");
        }
    }

    public void Dispose() => _producer.Dispose();
}
