using System.Collections.Frozen;
using System.Net;
using System.Text.Json;

namespace Game.WebHdfs;

/// <summary>Reads the body of an error: {"RemoteException":{"exception":…,"javaClassName":…,"message":…}} from Hadoop, or any other text.</summary>
internal static class RemoteError
{
    /// <summary>The longest body that the client reads: a stack trace of a DataNode has about 2 kB. A longer one is cut, and then is not JSON.</summary>
    public const int MaxBodyBytes = 64 * 1024;

    private static readonly FrozenDictionary<string, HdfsError> Kinds = new Dictionary<string, HdfsError>(StringComparer.Ordinal)
    {
        ["FileNotFoundException"] = HdfsError.FileNotFound,
        ["AccessControlException"] = HdfsError.AccessControl,
        ["SecurityException"] = HdfsError.AccessControl,
        ["AuthorizationException"] = HdfsError.AccessControl,
        ["InvalidToken"] = HdfsError.AccessControl,
        ["StandbyException"] = HdfsError.Standby,
        ["ObserverRetryOnActiveException"] = HdfsError.Standby,
        ["SafeModeException"] = HdfsError.SafeMode,
        ["RetriableException"] = HdfsError.Retriable,
        ["NotReplicatedYetException"] = HdfsError.Retriable,
        ["FileAlreadyExistsException"] = HdfsError.FileAlreadyExists,
        ["ParentNotDirectoryException"] = HdfsError.ParentNotDirectory,
        ["PathIsNotDirectoryException"] = HdfsError.ParentNotDirectory,
        ["PathIsNotEmptyDirectoryException"] = HdfsError.DirectoryNotEmpty,
        ["NSQuotaExceededException"] = HdfsError.QuotaExceeded,
        ["DSQuotaExceededException"] = HdfsError.QuotaExceeded,
        ["QuotaByStorageTypeExceededException"] = HdfsError.QuotaExceeded,
        ["QuotaExceededException"] = HdfsError.QuotaExceeded,
        ["LeaseExpiredException"] = HdfsError.Lease,
        ["AlreadyBeingCreatedException"] = HdfsError.Lease,
        ["RecoveryInProgressException"] = HdfsError.Lease,
        ["InvalidPathException"] = HdfsError.InvalidArgument,
        ["IllegalArgumentException"] = HdfsError.InvalidArgument,
        ["PathComponentTooLongException"] = HdfsError.InvalidArgument,
        ["HadoopIllegalArgumentException"] = HdfsError.InvalidArgument,
        ["UnsupportedOperationException"] = HdfsError.Unsupported,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Makes the exception for an answer that is not a success.</summary>
    public static WebHdfsException Read(HttpStatusCode status, ReadOnlySpan<byte> body, string what)
    {
        (string? name, string message) = TryParse(body);
        if (name is null)
        {
            return new(HdfsError.Protocol, $"{what} failed: the server answered {(int)status}, but not as WebHDFS does: check the address of HDFS.", status);
        }
        // In safe mode a DataNode wraps the NameNode's error in an IOException: only the text names it then.
        HdfsError kind = Kinds.TryGetValue(name, out HdfsError known) ? known
            : message.Contains("StandbyException", StringComparison.Ordinal) ? HdfsError.Standby
            : message.Contains("SafeModeException", StringComparison.Ordinal) ? HdfsError.SafeMode
            : HdfsError.Remote;
        return new(kind, $"{what} failed: {name}: {FirstLine(message)}", status, name);
    }

    private static (string? Name, string Message) TryParse(ReadOnlySpan<byte> body)
    {
        try
        {
            RemoteExceptionBody? answer = JsonSerializer.Deserialize(body, WebHdfsJson.Default.RemoteExceptionAnswer)?.RemoteException;
            return (answer?.Exception, answer?.Message ?? "");
        }
        catch (JsonException)
        {
            return (null, "");
        }
    }

    private static string FirstLine(string message)
    {
        ReadOnlySpan<char> line = message.AsSpan();
        int end = line.IndexOfAny('\n', '\r');
        line = end < 0 ? line : line[..end];
        return line.Length > 300 ? string.Concat(line[..300], "…") : line.ToString();
    }
}
