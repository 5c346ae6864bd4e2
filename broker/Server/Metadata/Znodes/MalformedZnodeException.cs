#pragma warning disable RCS1194 // A path is always known: the constructors without one would be lies.

namespace Broker.Server.Metadata.Znodes;

/// <summary>A znode's body is not what Kafka writes there.</summary>
internal sealed class MalformedZnodeException(string path, Exception problem) : Exception($"The znode {path} cannot be read: {problem.Message}", problem)
{
    internal string Path { get; } = path;
}
