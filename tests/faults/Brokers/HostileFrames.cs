namespace Faults.Tests.Brokers;

/// <summary>The frames of one bombardment, handed out to many senders; remembers the newest, so that one that kills can be found.</summary>
internal sealed class HostileFrames(int seed, int cases)
{
    private const int Remembered = 200;
    private const int RandomChances = 8;
    private readonly MutatedRequests requests = new(seed);
    private readonly Random random = new(seed);
    private readonly Queue<byte[]> newest = new();
    private readonly Lock gate = new();
    private int left = cases;

    /// <summary>The next frames; none when all are through.</summary>
    public byte[][] Take(int count)
    {
        lock (gate)
        {
            count = Math.Min(count, left);
            left -= count;
            byte[][] taken = [.. Enumerable.Range(0, count).Select(_ => Next())];
            foreach (byte[] frame in taken)
                newest.Enqueue(frame);
            while (newest.Count > Remembered)
                newest.Dequeue();
            return taken;
        }
    }

    /// <summary>The newest frames as hexadecimal digits, one a line.</summary>
    public string Newest()
    {
        lock (gate)
            return "the broker died of one of these:\n" + string.Join('\n', newest.Select(Convert.ToHexString));
    }

    private byte[] Next()
    {
        if (random.Next(RandomChances) != 0)
            return requests.Next();
        byte[] noise = new byte[random.Next(1, 300)];
        random.NextBytes(noise);
        return random.Next(2) == 0 ? noise : WireClient.Raw(noise.Length, noise);
    }
}
