using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Game.Contracts;

/// <summary>Writes events as the contract's flat JSON objects. Not thread-safe: each thread needs its own encoder, because it reuses its writer.</summary>
public sealed class EventEncoder : IDisposable
{
    private static readonly EventField[] OfLogin = [.. EventFields.All.Where(field => field.Kinds.HasFlag(EventKinds.Login))];
    private static readonly EventField[] OfTrade = [.. EventFields.All.Where(field => field.Kinds.HasFlag(EventKinds.Trade))];
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private readonly Utf8JsonWriter _writer;

    public EventEncoder() => _writer = new Utf8JsonWriter(_buffer, Options);

    /// <summary>The value's bytes, valid until the next call.</summary>
    public ReadOnlySpan<byte> Encode(PlayerEvent value)
    {
        _buffer.ResetWrittenCount();
        _writer.Reset(_buffer);
        _writer.WriteStartObject();
        foreach (EventField field in value.Kind == EventKind.Login ? OfLogin : OfTrade)
        {
            field.Write(_writer, value);
        }

        _writer.WriteEndObject();
        _writer.Flush();
        return _buffer.WrittenSpan;
    }

    public void Dispose() => _writer.Dispose();
}
