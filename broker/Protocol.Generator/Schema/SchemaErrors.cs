using Microsoft.CodeAnalysis;

namespace Broker.Protocol.Generator.Schema;

/// <summary>The errors that a schema file can have.</summary>
internal static class SchemaErrors
{
    public static readonly DiagnosticDescriptor Syntax = Error("PROTO001", "The schema is not JSON");
    public static readonly DiagnosticDescriptor Shape = Error("PROTO002", "The schema has an unknown, missing or wrongly typed key");
    public static readonly DiagnosticDescriptor Versions = Error("PROTO003", "A version range is wrong");
    public static readonly DiagnosticDescriptor Type = Error("PROTO004", "A type is unknown or may not stand here");
    public static readonly DiagnosticDescriptor Name = Error("PROTO005", "A name is taken or no identifier");
    public static readonly DiagnosticDescriptor Tag = Error("PROTO006", "A tag is wrong");
    public static readonly DiagnosticDescriptor Default = Error("PROTO007", "A default does not fit its field");
    public static readonly DiagnosticDescriptor Density = Error("PROTO008", "A structure takes over 64 times its wire size in memory");

    private static DiagnosticDescriptor Error(string id, string title) =>
        new(id, title, title + ": {0}", "Broker.Protocol", DiagnosticSeverity.Error, isEnabledByDefault: true);
}
