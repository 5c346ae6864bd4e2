using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Game.Contracts;

namespace Game.GameServer.Actions;

/// <summary>Writes answers as JSON into a buffer of its own. Not thread-safe: one a thread or connection.</summary>
internal sealed class AnswerWriter : IDisposable
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly ArrayBufferWriter<byte> buffer = new(1024);
    private readonly Utf8JsonWriter writer;

    public AnswerWriter() => writer = new Utf8JsonWriter(buffer, Options);

    /// <summary>What was written since <see cref="Clear"/>; valid until the next call.</summary>
    public ReadOnlyMemory<byte> Written => buffer.WrittenMemory;

    public void Clear() => buffer.ResetWrittenCount();

    /// <summary>Writes an HTTP body.</summary>
    public void WriteBody(Answer answer)
    {
        Begin();
        if (answer is Problem problem)
        {
            writer.WriteString("type"u8, "urn:game:problem:" + problem.Code);
            writer.WriteString("title"u8, problem.Title);
            writer.WriteNumber("status"u8, problem.Status);
        }

        WriteMembers(answer);
        End();
    }

    /// <summary>Writes one frame; frames are separated by line feeds.</summary>
    public void WriteFrame(long? number, Answer answer)
    {
        if (buffer.WrittenCount > 0)
        {
            buffer.GetSpan(1)[0] = (byte)'\n';
            buffer.Advance(1);
        }

        Begin();
        if (number is { } n)
            writer.WriteNumber("n"u8, n);
        else
            writer.WriteNull("n"u8);
        writer.WriteNumber("status"u8, answer.Status);
        WriteMembers(answer);
        if (answer is Problem { RetryAfter: { } seconds })
            writer.WriteNumber("retry_after"u8, seconds);
        End();
    }

    public void Dispose() => writer.Dispose();

    private void Begin()
    {
        writer.Reset(buffer);
        writer.WriteStartObject();
    }

    private void End()
    {
        writer.WriteEndObject();
        writer.Flush();
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
        writer.WriteString("event_id"u8, session.EventId);
        writer.WriteString("session_id"u8, session.SessionId);
        writer.WriteString("session_token"u8, session.SessionToken);
        writer.WriteNumber("expires_at"u8, session.ExpiresAt);
    }

    private void WriteTrade(TradeRecorded trade)
    {
        writer.WriteString("trade_id"u8, trade.TradeId);
        writer.WriteStartArray("event_ids"u8);
        writer.WriteStringValue(trade.First);
        writer.WriteStringValue(trade.Second);
        writer.WriteEndArray();
    }

    private void WriteProblem(Problem problem)
    {
        writer.WriteString("code"u8, problem.Code);
        writer.WriteString("detail"u8, problem.Detail);
        if (problem.Field is { } field)
            writer.WriteString("field"u8, field);
        if (problem.EventId is { } id)
            writer.WriteString("event_id"u8, id);
        if (problem.Outcome is { } outcome)
            writer.WriteString("outcome"u8, ContractText.Utf8(outcome));
    }
}
