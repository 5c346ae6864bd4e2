using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Broker.Protocol.Generator.Schema;

/// <summary>An error in a schema file and where it stands; equal by value, as the incremental pipeline wants.</summary>
internal sealed record SchemaProblem(DiagnosticDescriptor Descriptor, string Message, string Path, TextSpan Span, LinePositionSpan Lines)
{
    public Diagnostic ToDiagnostic() => Diagnostic.Create(Descriptor, Location.Create(Path, Span, Lines), Message);
}
