namespace Broker.Server.Groups.Offsets;

/// <summary>A record of the topic of committed offsets; a null value deletes what the key names.</summary>
internal readonly record struct LogRecord(byte[] Key, byte[]? Value);
