using Broker.Protocol;
using Broker.Protocol.Tests.Messages;

namespace Faults.Tests.Brokers;

/// <summary>Kafka's own requests with some bytes changed: mostly in the body, sometimes in the header or the length. The seed decides the changes.</summary>
internal sealed class MutatedRequests
{
    private const int HeaderChances = 10;
    private const int LengthChances = 50;
    private readonly (ApiKey Key, GoldenVector Vector)[] _requests;
    private readonly Random _random;

    /// <param name="seed">Decides all frames.</param>
    public MutatedRequests(int seed)
    {
        _random = new Random(seed);
        _requests = [.. GoldenVector.OfMessages.Where(vector => vector.Kind == "request").SelectMany(Named)];
        _requests.Length.ShouldBeGreaterThan(200);
    }

    public byte[] Next()
    {
        (ApiKey key, GoldenVector vector) = _requests[_random.Next(_requests.Length)];
        byte[] other = _requests[_random.Next(_requests.Length)].Vector.Bytes;
        byte[] frame = WireClient.Frame(key, vector.Version, _random.Next(), Mutation.Of(vector.Bytes, other, _random));
        if (_random.Next(HeaderChances) == 0)
        {
            frame = WireClient.Raw(frame.Length - 4, Mutation.Of(frame[4..], other, _random));
        }
        if (_random.Next(LengthChances) == 0)
        {
            frame[_random.Next(4)] ^= (byte)(1 << _random.Next(8));
        }
        return frame;
    }

    private static IEnumerable<(ApiKey, GoldenVector)> Named(GoldenVector vector) =>
        Enum.TryParse(vector.Message[..^"Request".Length], out ApiKey key) && HeaderVersions.OfRequest(key, vector.Version) >= 0 ? [(key, vector)] : [];
}
