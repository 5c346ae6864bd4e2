namespace Broker.Server.Exchange;

/// <summary>A znode in an exported file, or on its way from one tree to another.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Data">Its data; null for none, which is not the same as empty data.</param>
/// <param name="Version">How often its data was set, where Kafka derives ids from that; else 0.</param>
internal sealed record TreeEntry(string Path, byte[]? Data, int Version);
