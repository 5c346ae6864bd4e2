using Microsoft.CodeAnalysis.Text;

namespace Broker.Protocol.Generator.Json;

/// <summary>The text is not JSON; the span is where reading stopped.</summary>
internal sealed class JsonSyntaxException(string message, TextSpan span) : Exception(message)
{
    public TextSpan Span { get; } = span;
}
