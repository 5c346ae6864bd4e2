namespace Broker.Protocol.Tests.Messages;

/// <summary>Mutated real bytes into every decoder: nothing but the declared exception, never more memory than the rule, and what was understood is written back
/// stably.</summary>
public sealed class FuzzTests
{
    /// <summary>Enough for every message and mutation in a second; a million at night.</summary>
    private static readonly int Cases = Environment.GetEnvironmentVariable("GAME_NIGHTLY") == "1" ? 1_000_000 : 40_000;

    /// <summary>Length prefix and shortest header: bytes of the frame that are not in the body.</summary>
    private const int FrameOverhead = 12;

    /// <summary>The one exception, its text and its stack trace.</summary>
    private const int ExceptionAllowance = 16 * 1024;

    [Theory]
    [InlineData("Request")]
    [InlineData("Response")]
    [InlineData("")]
    public void MutatedBytesAreAMessageOrMalformed(string suffix)
    {
        Random random = new(20260131);
        GoldenVector[] vectors = [.. GoldenVector.OfMessages.Where(v => suffix.Length > 0 ? v.Message.EndsWith(suffix, StringComparison.Ordinal)
            : v.Kind is "record" or "data")];
        foreach (GoldenVector vector in vectors)
        {
            TryDecode(vector, vector.Bytes, out _);
        }
        int understood = 0;
        for (int i = 0; i < Cases; i++)
        {
            GoldenVector vector = vectors[random.Next(vectors.Length)];
            byte[] mutated = Mutation.Of(vector.Bytes, vectors[random.Next(vectors.Length)].Bytes, random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            bool good = TryDecode(vector, mutated, out IMessage? message);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            long allowed = (64L * (mutated.Length + FrameOverhead)) + (good ? 0 : ExceptionAllowance);
            Assert.True(allocated <= allowed, $"{vector}: {allocated} bytes for {mutated.Length}: {Convert.ToHexString(mutated)}");
            if (!good)
            {
                continue;
            }
            understood++;
            HoldsStill(vector, message!, mutated);
        }

        understood.ShouldBeGreaterThan(Cases / 20);
    }

    private static bool TryDecode(GoldenVector vector, byte[] bytes, out IMessage? message)
    {
        message = null;
        try
        {
            ProtocolReader reader = new(bytes);
            // A record's version is its first two bytes; the decoder is what is tried here, so it stays.
            if (vector.IsVersionPrefixed)
            {
                reader.ReadInt16();
            }
            message = MessageType.All[vector.Message].Read(ref reader, vector.Version);
            return true;
        }
        catch (MalformedMessageException)
        {
            return false;
        }
    }

    private static void HoldsStill(GoldenVector vector, IMessage message, byte[] mutated)
    {
        byte[] first = MessageType.Encode(message, vector.Version);
        byte[] second = MessageType.Encode(MessageType.All[vector.Message].Decode(first, vector.Version), vector.Version);
        Assert.True(first.AsSpan().SequenceEqual(second), $"{vector}: {Convert.ToHexString(mutated)}");
    }
}
