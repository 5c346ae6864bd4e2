namespace Game.WebHdfs;

/// <summary>How a <see cref="WebHdfsClient"/> reaches HDFS.</summary>
public sealed record WebHdfsOptions
{
    /// <summary>
    /// The HTTP addresses of the NameNodes, e.g. http://namenode:9870; where there are several, the client asks the next one when one is in standby or does not
    /// answer.
    /// </summary>
    public required IReadOnlyList<Uri> NameNodes { get; init; }

    /// <summary>Sent as user.name (Hadoop's simple authentication).</summary>
    public string UserName { get; init; } = Environment.UserName;

    /// <summary>
    /// How long one try of a call without file bytes may take, and how long a stream of file bytes may receive nothing. A loaded NameNode pauses for seconds,
    /// rarely longer.
    /// </summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long sending a file's bytes may take: more than 128 MiB take at 1 MiB/s.</summary>
    public TimeSpan TransferTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How often a call that may be repeated is tried again: with <see cref="RetryDelay"/> for about 6 s, in which most failovers of a NameNode end.
    /// </summary>
    public int MaxRetries { get; init; } = 5;

    /// <summary>The pause before the first repetition; it doubles up to <see cref="MaxRetryDelay"/>, with jitter.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest pause between two tries.</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The largest JSON answer that the client reads: a listing of about 240,000 names. Larger folders must be read in pages.</summary>
    public int MaxAnswerBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>The addresses in "http://a:9870,http://b:9870".</summary>
    /// <exception cref="FormatException">One of them is not an absolute http or https address; the message is one sentence.</exception>
    public static IReadOnlyList<Uri> ParseNameNodes(string list)
    {
        Uri[] addresses = list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(ParseNameNode).ToArray();
        return addresses.Length > 0 ? addresses : throw new FormatException("No WebHDFS address was given: name one as http://HOST:PORT.");
    }

    private static Uri ParseNameNode(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
            ? uri
            : throw new FormatException($"'{text}' is not a WebHDFS address: write it as http://HOST:PORT.");
}
