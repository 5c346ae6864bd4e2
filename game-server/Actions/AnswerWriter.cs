using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Game.Contracts;

namespace Game.GameServer.Actions;

/// <summary>Writes answers as JSON into a buffer of its own. Not thread-safe: each thread or connection has its own.</summary>
internal sealed class AnswerWriter : IDisposable
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private readonly Utf8JsonWriter _writer;

    public AnswerWriter() => _writer = new Utf8JsonWriter(_buffer, Options);

    /// <summary>The bytes written since <see cref="Clear"/>; valid until the next call.</summary>
    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    public void Clear() => _buffer.ResetWrittenCount();

    /// <summary>Writes an HTTP body.</summary>
    public void WriteBody(Answer answer)
    {
        Begin();
        if (answer is Problem problem)
        {
            _writer.WriteString("type"u8, "urn:game:problem:" + problem.Code);
            _writer.WriteString("title"u8, problem.Title);
            _writer.WriteNumber("status"u8, problem.Status);
        }

        WriteMembers(answer);
        End();
    }

    /// <summary>Writes one frame; frames are separated by line feeds.</summary>
    public void WriteFrame(long? number, Answer answer)
    {
        if (_buffer.WrittenCount > 0)
        {
            _buffer.GetSpan(1)[0] = (byte)'\n';
            _buffer.Advance(1);
        }

        Begin();
        if (number is { } n)
        {
            _writer.WriteNumber("n"u8, n);
        }
        else
        {
            _writer.WriteNull("n"u8);
        }
        _writer.WriteNumber("status"u8, answer.Status);
        WriteMembers(answer);
        if (answer is Problem { RetryAfter: { } seconds })
        {
            _writer.WriteNumber("retry_after"u8, seconds);
        }
        End();
    }

    public void Dispose() => _writer.Dispose();

    private void Begin()
    {
        _writer.Reset(_buffer);
        _writer.WriteStartObject();
    }

    private void End()
    {
        _writer.WriteEndObject();
        _writer.Flush();
    }

    private void WriteMembers(Answer answer)
    {
        switch (answer)
        {
            case SessionOpened session:
                WriteSession(session);
                break;
            case TradeRecorded trade:
                WriteTrade(trade);
                break;
            case Problem problem:
                WriteProblem(problem);
                break;
        }
    }

    private void WriteSession(SessionOpened session)
    {
        _writer.WriteString("event_id"u8, session.EventId);
        _writer.WriteString("session_id"u8, session.SessionId);
        _writer.WriteString("session_token"u8, session.SessionToken);
        _writer.WriteNumber("expires_at"u8, session.ExpiresAt);
    }

    private void WriteTrade(TradeRecorded trade)
    {
        _writer.WriteString("trade_id"u8, trade.TradeId);
        _writer.WriteStartArray("event_ids"u8);
        _writer.WriteStringValue(trade.First);
        _writer.WriteStringValue(trade.Second);
        _writer.WriteEndArray();
    }

    private void WriteProblem(Problem problem)
    {
        _writer.WriteString("code"u8, problem.Code);
        _writer.WriteString("detail"u8, problem.Detail);
        if (problem.Field is { } field)
        {
            _writer.WriteString("field"u8, field);
        }
        if (problem.EventId is { } id)
        {
            _writer.WriteString("event_id"u8, id);
        }
        if (problem.Outcome is { } outcome)
        {
            _writer.WriteString("outcome"u8, ContractText.Utf8(outcome));
        }
    }
}
