namespace Broker.Storage;

/// <summary>A log holds something that this broker does not read, though it may be sound; it is left as it is.</summary>
public sealed class UnsupportedLogFormatException(string message) : IOException(message);
