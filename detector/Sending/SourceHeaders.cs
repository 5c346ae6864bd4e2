using Confluent.Kafka;

namespace Game.Detector.Sending;

/// <summary>Copies headers of an input record to the alerts and dead letters that come from it.</summary>
internal static class SourceHeaders
{
    /// <summary>Longer values are not copied: a traceparent has 55 bytes and a schema's name fewer, and a huge header could make the copy too large.</summary>
    internal const int MaxBytes = 128;

    /// <summary>Copies the last header of that name, if there is one of at most <see cref="MaxBytes"/>.</summary>
    public static void Copy(Headers from, string name, Headers to)
    {
        if (from.TryGetLastBytes(name, out byte[]? value) && value is { Length: <= MaxBytes })
        {
            to.Add(name, value);
        }
    }
}
