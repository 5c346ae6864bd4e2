using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Broker.Server.Scheduling;

/// <summary>Channels read on their reader's own context.</summary>
internal static class ChannelExtensions
{
    /// <summary>Reads until the channel is completed. The framework's <see cref="ChannelReader{T}.ReadAllAsync"/> would go over the pool.</summary>
    public static async IAsyncEnumerable<T> ReadEach<T>(this ChannelReader<T> reader, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        while (await reader.WaitToReadAsync(cancellation))
        {
            while (reader.TryRead(out T? item))
            {
                yield return item;
            }
        }
    }
}
