using System.Text.Json;

namespace Broker.Server.Metadata.Znodes;

/// <summary>Where a broker can be reached under one listener. <paramref name="SecurityProtocol"/>: 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL.</summary>
internal sealed record BrokerEndpoint(string Listener, string Host, int Port, short SecurityProtocol)
{
    private static readonly string[] Protocols = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];

    internal string ProtocolName => Protocols[SecurityProtocol];

    internal static short ProtocolOf(string name) =>
        Array.IndexOf(Protocols, name) is var index and >= 0 ? (short)index : throw new FormatException($"{name} is no security protocol");

    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"{Listener}://[{Host}]:{Port}" : $"{Listener}://{Host}:{Port}";

    internal static BrokerEndpoint Parse(string text, JsonElement protocols)
    {
        int scheme = text.IndexOf("://", StringComparison.Ordinal);
        int colon = text.LastIndexOf(':');
        if (scheme < 0 || colon < scheme + 3)
        {
            throw new FormatException($"{text} is no endpoint");
        }
        string listener = text[..scheme];
        string host = text[(scheme + 3)..colon].Trim('[', ']');
        return new BrokerEndpoint(listener, host, int.Parse(text.AsSpan(colon + 1)), ProtocolOf(protocols.GetProperty(listener).GetString()!));
    }
}

/// <summary>/brokers/ids/N: an ephemeral znode; its czxid is the broker's epoch.</summary>
internal sealed record BrokerRegistration(int Id, IReadOnlyList<BrokerEndpoint> Endpoints, string? Rack, long Timestamp, int JmxPort = -1)
{
    internal byte[] Encode() => ZnodeJson.Write(json =>
    {
        BrokerEndpoint? plaintext = Endpoints.FirstOrDefault(endpoint => endpoint.SecurityProtocol == 0);
        json.WriteStartObject("features");
        json.WriteEndObject();
        json.WriteStartObject("listener_security_protocol_map");
        foreach (BrokerEndpoint endpoint in Endpoints)
        {
            json.WriteString(endpoint.Listener, endpoint.ProtocolName);
        }
        json.WriteEndObject();
        json.WriteStartArray("endpoints");
        foreach (BrokerEndpoint endpoint in Endpoints)
        {
            json.WriteStringValue(endpoint.ToString());
        }
        json.WriteEndArray();
        if (Rack is not null)
        {
            json.WriteString("rack", Rack);
        }
        json.WriteNumber("jmx_port", JmxPort);
        json.WriteNumber("port", plaintext?.Port ?? -1);
        json.WriteString("host", plaintext?.Host);
        json.WriteNumber("version", 5);
        json.WriteString("timestamp", Timestamp.ToString());
    });

    internal static BrokerRegistration Decode(int id, byte[]? data) => ZnodeJson.Read(ZnodePaths.Broker(id), data, json =>
    {
        JsonElement protocols = json.GetProperty("listener_security_protocol_map");
        BrokerEndpoint[] endpoints = json.GetProperty("endpoints").EnumerateArray().Select(text => BrokerEndpoint.Parse(text.GetString()!,
            protocols)).ToArray();
        long timestamp = ZnodeJson.OptionalString(json, "timestamp") is { } text ? long.Parse(text) : -1;
        int jmx = json.TryGetProperty("jmx_port", out JsonElement port) ? port.GetInt32() : -1;
        return new BrokerRegistration(id, endpoints, ZnodeJson.OptionalString(json, "rack"), timestamp, jmx);
    });
}
