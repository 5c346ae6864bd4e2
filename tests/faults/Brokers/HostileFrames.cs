namespace Faults.Tests.Brokers;

/// <summary>The frames of one attack, shared by many senders. It keeps the newest frames, so that a frame that crashes the broker can be found.</summary>
internal sealed class HostileFrames(int seed, int cases)
{
    private const int Remembered = 200;
    private const int RandomChances = 8;
    private readonly MutatedRequests _requests = new(seed);
    private readonly Random _random = new(seed);
    private readonly Queue<byte[]> _newest = new();
    private readonly Lock _gate = new();
    private int _left = cases;

    /// <summary>The next frames; none when all have been sent.</summary>
    public byte[][] Take(int count)
    {
        lock (_gate)
        {
            count = Math.Min(count, _left);
            _left -= count;
            byte[][] taken = [.. Enumerable.Range(0, count).Select(_ => Next())];
            foreach (byte[] frame in taken)
            {
                _newest.Enqueue(frame);
            }
            while (_newest.Count > Remembered)
            {
                _newest.Dequeue();
            }
            return taken;
        }
    }

    /// <summary>The newest frames as hexadecimal digits, one a line.</summary>
    public string Newest()
    {
        lock (_gate)
        {
            return "the broker died of one of these:\n" + string.Join('\n', _newest.Select(Convert.ToHexString));
        }
    }

    private byte[] Next()
    {
        if (_random.Next(RandomChances) != 0)
        {
            return _requests.Next();
        }
        byte[] noise = new byte[_random.Next(1, 300)];
        _random.NextBytes(noise);
        return _random.Next(2) == 0 ? noise : WireClient.Raw(noise.Length, noise);
    }
}
