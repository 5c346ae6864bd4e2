using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Polly;
using Polly.Retry;

namespace Game.WebHdfs;

/// <summary>
/// WebHDFS over HTTP, after Hadoop's REST documentation. Safe for many threads; one client a process is enough. The client repeats calls that are safe to
/// repeat (Polly), on the next NameNode where there is one. It transfers a file's bytes in the two steps of WebHDFS: the NameNode redirects to a DataNode,
/// which receives or sends them.
/// </summary>
public sealed class WebHdfsClient : IWebHdfs, IDisposable
{
    private readonly WebHdfsOptions _options;
    private readonly NameNodes _nameNodes;
    private readonly HttpMessageInvoker _http;
    private readonly Transport _transport;
    private readonly ResiliencePipeline _retries;

    /// <param name="options">Where HDFS is, and how long to wait.</param>
    /// <param name="time">The clock of time-outs and pauses; the system's by default.</param>
    /// <param name="handler">For tests: what answers the requests. It must not follow redirects.</param>
    public WebHdfsClient(WebHdfsOptions options, TimeProvider? time = null, HttpMessageHandler? handler = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfZero(options.NameNodes.Count, nameof(options));
        _options = options;
        _nameNodes = new NameNodes(options.NameNodes);
        _http = new HttpMessageInvoker(handler ?? NewHandler(options));
        _transport = new Transport(_http, options, time ?? TimeProvider.System);
        _retries = NewRetries(time ?? TimeProvider.System);
    }

    /// <inheritdoc/>
    public Task<Stream> OpenAsync(string path, long offset = 0, long? length = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length ?? 0, nameof(length));
        (string, string)[] parameters = length is null
            ? new[] { ("offset", Number(offset)) }
            : [("offset", Number(offset)), ("length", Number(length.Value))];
        string what = $"Reading {path}";
        return RetryAsync(path, "OPEN", parameters, async (address, token) =>
        {
            Uri dataNode = await _transport.AskForRedirectAsync(HttpMethod.Get, address, what, token);
            return await _transport.ReceiveAsync(dataNode, what, token);
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task CreateAsync(string path, Stream content, bool overwrite = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        string what = $"Writing {path}";
        (string, string)[] parameters = new[] { ("overwrite", overwrite ? "true" : "false") };
        if (overwrite && content.CanSeek)
        {
            long start = content.Position;
            await RetryAsync(path, "CREATE", parameters, async (address, token) =>
            {
                content.Position = start;
                Uri target = await _transport.AskForRedirectAsync(HttpMethod.Put, address, what, token);
                await _transport.SendAsync(HttpMethod.Put, target, content, what, token);
                return true;
            }, cancellationToken);
            return;
        }

        // The first step changes nothing, so the client may repeat it; it sends the second step only once.
        Uri dataNode = await RetryAsync(path, "CREATE", parameters, (address, token) => _transport.AskForRedirectAsync(HttpMethod.Put, address, what, token),
            cancellationToken);
        await _transport.SendAsync(HttpMethod.Put, dataNode, content, what, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task AppendAsync(string path, Stream content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        string what = $"Appending to {path}";
        Uri dataNode = await RetryAsync(path, "APPEND", [], (address, token) => _transport.AskForRedirectAsync(HttpMethod.Post, address, what, token),
            cancellationToken);
        await _transport.SendAsync(HttpMethod.Post, dataNode, content, what, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task MkdirsAsync(string path, CancellationToken cancellationToken = default)
    {
        string what = $"Making the folder {path}";
        BooleanAnswer answer = await AskAsync(HttpMethod.Put, path, "MKDIRS", [], what, WebHdfsJson.Default.BooleanAnswer, cancellationToken);
        if (!answer.Value)
        {
            throw new WebHdfsException(HdfsError.Remote, $"{what} failed: HDFS refused it and gave no reason.");
        }
    }

    /// <inheritdoc/>
    public async Task<RenameOutcome> RenameAsync(string path, string destination, CancellationToken cancellationToken = default)
    {
        RequestAddress.Check(destination);
        WebHdfsException? unknown = null;
        try
        {
            BooleanAnswer answer = await AskAsync(HttpMethod.Put, path, "RENAME", [("destination", destination)], $"Renaming {path} to {destination}",
                WebHdfsJson.Default.BooleanAnswer, cancellationToken);
            if (answer.Value)
            {
                return RenameOutcome.Renamed;
            }
        }
        catch (WebHdfsException e) when (e.IsOutcomeUnknown)
        {
            unknown = e;
        }

        RenameOutcome outcome = await LookAtBothAsync(path, destination, cancellationToken);
        return outcome is RenameOutcome.Refused or RenameOutcome.SourceMissing && unknown is not null ? throw unknown : outcome;
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(string path, bool recursive = false, CancellationToken cancellationToken = default)
    {
        BooleanAnswer answer = await AskAsync(HttpMethod.Delete, path, "DELETE", [("recursive", recursive ? "true" : "false")], $"Deleting {path}",
            WebHdfsJson.Default.BooleanAnswer, cancellationToken);
        return answer.Value;
    }

    /// <inheritdoc/>
    public async Task<FileStatus?> GetFileStatusAsync(string path, CancellationToken cancellationToken = default)
    {
        try
        {
            return (await AskAsync(HttpMethod.Get, path, "GETFILESTATUS", [], $"Looking at {path}", WebHdfsJson.Default.FileStatusAnswer,
                cancellationToken)).FileStatus;
        }
        catch (WebHdfsException e) when (e.Error == HdfsError.FileNotFound)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<FileStatus>> ListStatusAsync(string path, CancellationToken cancellationToken = default)
    {
        string what = $"Listing {path}";
        return Entries(await AskAsync(HttpMethod.Get, path, "LISTSTATUS", [], what, WebHdfsJson.Default.FileStatusesAnswer, cancellationToken), what);
    }

    /// <inheritdoc/>
    public async Task<ListingPage> ListPageAsync(string path, string startAfter, CancellationToken cancellationToken = default)
    {
        string what = $"Listing {path}";
        (string, string)[] parameters = startAfter.Length == 0 ? [] : [("startAfter", startAfter)];
        DirectoryListingBody page = (await AskAsync(HttpMethod.Get, path, "LISTSTATUS_BATCH", parameters, what, WebHdfsJson.Default.DirectoryListingAnswer,
            cancellationToken)).DirectoryListing;
        return new ListingPage(Entries(page.PartialListing, what), page.RemainingEntries);
    }

    /// <inheritdoc/>
    public async Task<ContentSummary> GetContentSummaryAsync(string path, CancellationToken cancellationToken = default) =>
        (await AskAsync(HttpMethod.Get, path, "GETCONTENTSUMMARY", [], $"Summing up {path}", WebHdfsJson.Default.ContentSummaryAnswer,
        cancellationToken)).ContentSummary;

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>
    /// Looks at the destination first. While it exists, a delayed rename cannot succeed, so a source that still exists after it was never renamed. In the other
    /// order, a rename that succeeds between the two looks would look like a file of another client.
    /// </summary>
    private async Task<RenameOutcome> LookAtBothAsync(string path, string destination, CancellationToken cancellationToken)
    {
        bool destinationExists = await GetFileStatusAsync(destination, cancellationToken) is not null;
        bool sourceExists = await GetFileStatusAsync(path, cancellationToken) is not null;
        if (!destinationExists && !sourceExists)
        {
            destinationExists = await GetFileStatusAsync(destination, cancellationToken) is not null;
        }
        return (sourceExists, destinationExists) switch
        {
            (true, true) => RenameOutcome.DestinationExists,
            (true, false) => RenameOutcome.Refused,
            (false, true) => RenameOutcome.AlreadyRenamed,
            (false, false) => RenameOutcome.SourceMissing,
        };
    }

    private Task<T> AskAsync<T>(HttpMethod method, string path, string operation, (string, string)[] parameters, string what, JsonTypeInfo<T> type,
        CancellationToken cancellationToken)
        where T : class =>
        RetryAsync(path, operation, parameters, (address, token) => _transport.AskAsync(method, address, what, type, token), cancellationToken);

    private async Task<T> RetryAsync<T>(string path, string operation, (string, string)[] parameters, Func<Uri, CancellationToken, Task<T>> attempt,
        CancellationToken cancellationToken)
    {
        RequestAddress.Check(path);
        return await _retries.ExecuteAsync(async token =>
        {
            Uri nameNode = _nameNodes.Active;
            try
            {
                return await attempt(RequestAddress.Build(nameNode, path, operation, _options.UserName, parameters), token);
            }
            catch (WebHdfsException e) when (e.Error is HdfsError.Standby or HdfsError.Unreachable or HdfsError.TimedOut)
            {
                _nameNodes.MoveOnFrom(nameNode);
                throw;
            }
        }, cancellationToken);
    }

    private ResiliencePipeline NewRetries(TimeProvider time) => _options.MaxRetries == 0
        ? ResiliencePipeline.Empty
        : new ResiliencePipelineBuilder { TimeProvider = time }.AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<WebHdfsException>(e => e.IsTransient),
            MaxRetryAttempts = _options.MaxRetries,
            Delay = _options.RetryDelay,
            MaxDelay = _options.MaxRetryDelay,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            DelayGenerator = attempt => ValueTask.FromResult<TimeSpan?>(IsWorthAskingAnotherAtOnce(attempt) ? TimeSpan.Zero : null),
        }).Build();

    // The client asks each NameNode once without a pause; after that the back-off decides the pause.
    private bool IsWorthAskingAnotherAtOnce(RetryDelayGeneratorArguments<object> attempt) =>
        attempt.AttemptNumber < _nameNodes.Count - 1 && attempt.Outcome.Exception is WebHdfsException { Error: HdfsError.Standby or HdfsError.Unreachable };

    private static FileStatus[] Entries(FileStatusesAnswer answer, string what) => Array.TrueForAll(answer.FileStatuses.FileStatus, entry => entry is not null)
        ? answer.FileStatuses.FileStatus
        : throw new WebHdfsException(HdfsError.Protocol, $"{what} failed: the server listed an entry without content.");

    private static SocketsHttpHandler NewHandler(WebHdfsOptions options) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = options.AttemptTimeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5), // so that the client resolves a NameNode's name again
    };

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
