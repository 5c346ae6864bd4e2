using Confluent.Kafka;

namespace Game.Contracts;

/// <summary>The record headers every producer of the system writes.</summary>
public static class Schemas
{
    public const string HeaderName = "schema";

    /// <summary>W3C Trace Context.</summary>
    public const string TraceParentHeaderName = "traceparent";

    public static readonly byte[] Login = "game.login/1"u8.ToArray();
    public static readonly byte[] Trade = "game.trade/1"u8.ToArray();
    public static readonly byte[] Alert = "game.alert/1"u8.ToArray();
    public static readonly byte[] Label = "game.label/1"u8.ToArray();
    public static readonly byte[] SimulationTruth = "game.simulation-truth/1"u8.ToArray();

    /// <summary>Headers of one record; the trace parent is left out where there is no trace.</summary>
    public static Headers Headers(byte[] schema, string? traceParent = null)
    {
        Headers headers = new() { { HeaderName, schema } };
        if (traceParent is not null)
        {
            headers.Add(TraceParentHeaderName, System.Text.Encoding.ASCII.GetBytes(traceParent));
        }
        return headers;
    }
}
