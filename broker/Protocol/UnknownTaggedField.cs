namespace Broker.Protocol;

/// <summary>A tagged field that this version of the schema does not know; kept so that it can be written back.</summary>
/// <param name="Tag">The field's tag, not negative.</param>
/// <param name="Data">The field's bytes, without tag and size.</param>
public readonly record struct UnknownTaggedField(int Tag, byte[] Data);
