using System.Buffers.Binary;
using System.Diagnostics;

namespace Game.GameServer.Telemetry;

/// <summary>The trace context of one action.</summary>
/// <param name="TraceParent">W3C Trace Context, for the records' headers.</param>
/// <param name="Activity">The span, where traces are exported.</param>
internal readonly record struct ActionTrace(string TraceParent, Activity? Activity);

/// <summary>
/// Gives every action a trace: the one that the sender names, otherwise one whose id is the idempotency key, so that a retry belongs to the same trace and the
/// trace can be found by the event's id. Thread-safe.
/// </summary>
internal sealed class ActionTraces : IDisposable
{
    public const string SourceName = "Game.GameServer";

    private readonly ActivitySource _source = new(SourceName);

    public ActionTrace Begin(string name, Guid key, string? sendersTraceParent)
    {
        bool hasSender = IsTraceParent(sendersTraceParent);
        if (_source.HasListeners() && Start(name, hasSender ? sendersTraceParent : null) is { Id: { } id } activity)
        {
            return new(id, activity);
        }
        return new(hasSender ? Continue(sendersTraceParent!, key) : New(key), null);
    }

    public void Dispose() => _source.Dispose();

    private Activity? Start(string name, string? sendersTraceParent)
    {
        // The span belongs to this action only: the next one on the connection must not become its child.
        Activity? surrounding = Activity.Current;
        Activity? activity = sendersTraceParent is null || surrounding is not null
            ? _source.StartActivity(name, ActivityKind.Producer)
            : _source.StartActivity(name, ActivityKind.Producer, sendersTraceParent);
        Activity.Current = surrounding;
        return activity;
    }

    private static string New(Guid key)
    {
        Span<byte> id = stackalloc byte[16];
        key.TryWriteBytes(id, bigEndian: true, out _);
        return $"00-{Convert.ToHexStringLower(id)}-{SpanId(key):x16}-00";
    }

    private static string Continue(string traceParent, Guid key) => $"{traceParent.AsSpan(0, 36)}{SpanId(key):x16}{traceParent.AsSpan(52)}";

    // The second half of the key is random except for its first two bits, 1 and 0, so it is never zero, which a span id must not be.
    private static ulong SpanId(Guid key)
    {
        Span<byte> id = stackalloc byte[16];
        key.TryWriteBytes(id, bigEndian: true, out _);
        return BinaryPrimitives.ReadUInt64BigEndian(id[8..]);
    }

    // Version 00 only: the format of newer versions is not known here, so they are not passed on.
    private static bool IsTraceParent(string? text) => text is { Length: 55 } && text.StartsWith("00-", StringComparison.Ordinal)
        && ActivityContext.TryParse(text, null, out _);
}
