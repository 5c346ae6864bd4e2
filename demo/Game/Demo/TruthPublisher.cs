using System.Text;
using Confluent.Kafka;
using Game.Contracts;

namespace Game.Cli.Demo;

/// <summary>Writes what the simulator planted to <c>simulation-truth</c>.</summary>
internal sealed class TruthPublisher(string bootstrapServers) : IDisposable
{
    private readonly IProducer<byte[], byte[]> producer =
        new ProducerBuilder<byte[], byte[]>(ClientSettings.Producer(bootstrapServers, "simulator")).SetLogHandler((_, _) => { }).Build();

    private long unacknowledged;

    public void Publish(IEnumerable<SimulationTruth> truths)
    {
        foreach (SimulationTruth truth in truths)
        {
            Interlocked.Increment(ref unacknowledged);
            var message = new Message<byte[], byte[]> { Key = Encoding.UTF8.GetBytes(truth.UserId), Value = ContractJson.Encode(truth), Headers = Schemas.Headers(Schemas.SimulationTruth) };
            producer.Produce(Topics.SimulationTruth, message, report =>
            {
                if (!report.Error.IsError)
                    Interlocked.Decrement(ref unacknowledged);
            });
        }
    }

    /// <exception cref="UserErrorException">Some of the truth was not acknowledged, so that detection could not be judged.</exception>
    public void Flush()
    {
        producer.Flush(TimeSpan.FromSeconds(30));
        if (Interlocked.Read(ref unacknowledged) != 0)
            throw new UserErrorException("The simulator's truth could not be published: the broker did not acknowledge it.");
    }

    public void Dispose() => producer.Dispose();
}
