namespace Game.WebHdfs;

/// <summary>How a <see cref="WebHdfsClient"/> reaches HDFS.</summary>
public sealed record WebHdfsOptions
{
    /// <summary>The HTTP addresses of the NameNodes, e.g. http://namenode:9870; with more than one, a standby's answer or a dead one moves on to the
    /// next.</summary>
    public required IReadOnlyList<Uri> NameNodes { get; init; }

    /// <summary>Sent as user.name (Hadoop's simple authentication).</summary>
    public string UserName { get; init; } = Environment.UserName;

    /// <summary>How long one try of a call on names may take, and how long a stream of file bytes may stand still. A loaded NameNode pauses for seconds, seldom
    /// more.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long sending a file's bytes may take: 128 MiB at 1 MiB/s, with room.</summary>
    public TimeSpan TransferTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Further tries after the first, for calls that may be repeated: with <see cref="RetryDelay"/> they span about 6 s, longer than a NameNode's
    /// failover seldom is noticed.</summary>
    public int MaxRetries { get; init; } = 5;

    /// <summary>The pause before the first repetition; it doubles up to <see cref="MaxRetryDelay"/>, with jitter.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest pause between two tries.</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The largest JSON answer read: a whole listing of about 240,000 names; larger folders are read by pages.</summary>
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
