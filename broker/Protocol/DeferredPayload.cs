namespace Broker.Protocol;

/// <summary>A payload to be streamed between the bytes of a <see cref="ProtocolWriter"/>.</summary>
/// <param name="Position">The number of bytes in the writer's chunks that come before it, other deferred payloads not counted.</param>
/// <param name="Payload">What is to be streamed there; never empty.</param>
public readonly record struct DeferredPayload(int Position, RecordsPayload Payload);
