using System.Net;

namespace Game.WebHdfs;

/// <summary>The kinds of failure that a caller may want to tell apart.</summary>
public enum HdfsError
{
    /// <summary>HDFS reported an exception that has no kind of its own; <see cref="WebHdfsException.RemoteName"/> names it.</summary>
    Remote,

    /// <summary>No such file or folder, or a folder where a file was asked for.</summary>
    FileNotFound,

    /// <summary>The user may not do that.</summary>
    AccessControl,

    /// <summary>The NameNode asked is not the active one.</summary>
    Standby,

    /// <summary>The NameNode is in safe mode: it reads, but changes nothing.</summary>
    SafeMode,

    /// <summary>The name is taken.</summary>
    FileAlreadyExists,

    /// <summary>A parent in the path is a file.</summary>
    ParentNotDirectory,

    /// <summary>The folder to delete has children.</summary>
    DirectoryNotEmpty,

    /// <summary>A quota on names or on bytes is used up.</summary>
    QuotaExceeded,

    /// <summary>Another writer holds the file, or took it over.</summary>
    Lease,

    /// <summary>HDFS did not like the path or a parameter.</summary>
    InvalidArgument,

    /// <summary>The server cannot do that operation.</summary>
    Unsupported,

    /// <summary>HDFS said: try again.</summary>
    Retriable,

    /// <summary>No connection, or it broke.</summary>
    Unreachable,

    /// <summary>No answer within the time-out.</summary>
    TimedOut,

    /// <summary>The answer is not WebHDFS.</summary>
    Protocol,
}

/// <summary>A failed WebHDFS call. The message is one sentence and names the operation, the path and the server.</summary>
public sealed class WebHdfsException : Exception
{
    internal WebHdfsException(HdfsError error, string message, HttpStatusCode? statusCode = null, string? remoteName = null, Exception? inner = null)
        : base(message, inner)
    {
        Error = error;
        StatusCode = statusCode;
        RemoteName = remoteName;
    }

    /// <summary>What went wrong.</summary>
    public HdfsError Error { get; }

    /// <summary>The HTTP status, where there was an answer.</summary>
    public HttpStatusCode? StatusCode { get; }

    /// <summary>The Java exception's simple name, where HDFS sent one.</summary>
    public string? RemoteName { get; }

    /// <summary>Another try, or another NameNode, may succeed.</summary>
    public bool IsTransient => Error is HdfsError.Standby or HdfsError.SafeMode or HdfsError.Retriable or HdfsError.Unreachable or HdfsError.TimedOut
        || (Error is HdfsError.Protocol or HdfsError.Remote && (int?)StatusCode is >= 500 or 408 or 429);

    /// <summary>Nothing is known of whether the server did what it was asked.</summary>
    public bool IsOutcomeUnknown => Error is HdfsError.Unreachable or HdfsError.TimedOut
        || (Error is HdfsError.Protocol or HdfsError.Remote && ((int?)StatusCode is null or < 400 or >= 500 or 408));

    /// <summary>For an <see cref="IWebHdfs"/> that is not a client of the network: the same errors, with a message of its own.</summary>
    public static WebHdfsException Of(HdfsError error, string message) => new(error, message);
}
