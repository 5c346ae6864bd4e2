using System.Text;
using Broker.Protocol.Records;

namespace Broker.Simulation.Tests.Clients;

/// <summary>Record batches as producers send them.</summary>
internal static class Batches
{
    /// <summary>A batch of one record a value, stamped with the time of now.</summary>
    public static byte[] Of(BatchOptions options, TimeProvider time, IEnumerable<string> values)
    {
        using RecordBatchBuilder builder = new(options);
        foreach (string value in values)
        {
            builder.Append(time.GetUtcNow().ToUnixTimeMilliseconds(), [], Encoding.ASCII.GetBytes(value));
        }

        return builder.Build();
    }
}
