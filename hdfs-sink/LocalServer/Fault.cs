namespace Game.LocalWebHdfs;

/// <summary>An error answer: status, Java class and message are those of the NameNode or DataNode of Hadoop 3.4 for the same error.</summary>
internal sealed record Fault(int Status, string JavaClass, string Message)
{
    public string Exception => JavaClass[(JavaClass.LastIndexOf('.') + 1)..];

    public static Fault NotFound(string message) => new(StatusCodes.Status404NotFound, "java.io.FileNotFoundException", message);

    public static Fault AlreadyExists(string message) => new(StatusCodes.Status403Forbidden, "org.apache.hadoop.fs.FileAlreadyExistsException", message);

    public static Fault ParentNotDirectory(string path)
        => new(StatusCodes.Status403Forbidden, "org.apache.hadoop.fs.ParentNotDirectoryException", $"{path} (is not a directory)");

    public static Fault NotEmpty(string path) =>
        new(StatusCodes.Status403Forbidden, "org.apache.hadoop.fs.PathIsNotEmptyDirectoryException", $"`{path} is non empty': Directory is not empty");

    public static Fault BeingWritten(string path) =>
        new(StatusCodes.Status403Forbidden, "org.apache.hadoop.hdfs.protocol.AlreadyBeingCreatedException",
        $"Failed to CREATE_FILE {path}: another client is writing it");

    public static Fault Io(string message) => new(StatusCodes.Status403Forbidden, "java.io.IOException", message);

    public static Fault NoSpace(string message) => new(StatusCodes.Status403Forbidden, "org.apache.hadoop.hdfs.protocol.DSQuotaExceededException", message);

    /// <summary>The error of a NameNode in safe mode, which allows reads but no changes.</summary>
    public static Fault ReadOnly(string path)
        => new(StatusCodes.Status403Forbidden, "org.apache.hadoop.hdfs.server.namenode.SafeModeException", $"Cannot change {path}: this server only reads.");

    public static Fault Access(string message) => new(StatusCodes.Status403Forbidden, "org.apache.hadoop.security.AccessControlException", message);

    public static Fault InvalidPath(string path)
        => new(StatusCodes.Status400BadRequest, "org.apache.hadoop.fs.InvalidPathException", $"Invalid path name Invalid file name: {path}");

    public static Fault NameTooLong(string path, int limit) =>
        new(StatusCodes.Status403Forbidden, "org.apache.hadoop.hdfs.protocol.FSLimitException$PathComponentTooLongException",
        $"The maximum path component name limit of {path} is exceeded: limit={limit}");

    public static Fault BadParameter(string name, string message) =>
        new(StatusCodes.Status400BadRequest, "java.lang.IllegalArgumentException", $"Invalid value for webhdfs parameter \"{name}\": {message}");

    public static Fault MissingParameter(string name, string operation) =>
        new(StatusCodes.Status400BadRequest, "java.lang.IllegalArgumentException", $"Required param {name} for op: {operation} is null or empty");

    public static Fault Unsupported(string message) => new(StatusCodes.Status400BadRequest, "java.lang.UnsupportedOperationException", message);
}
