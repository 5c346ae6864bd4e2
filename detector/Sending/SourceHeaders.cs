using Confluent.Kafka;

namespace Game.Detector.Sending;

/// <summary>Headers that go from a record to what it gives rise to.</summary>
internal static class SourceHeaders
{
    /// <summary>A traceparent has 55 bytes, a schema's name fewer: what is longer is none, and could make the copy too large to be taken.</summary>
    internal const int MaxBytes = 128;

    /// <summary>Copies the last header of that name, where there is one of a sensible length.</summary>
    public static void Copy(Headers from, string name, Headers to)
    {
        if (from.TryGetLastBytes(name, out byte[]? value) && value is { Length: <= MaxBytes })
        {
            to.Add(name, value);
        }
    }
}
