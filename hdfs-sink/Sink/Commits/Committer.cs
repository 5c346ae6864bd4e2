using System.Security.Cryptography;
using Game.HdfsSink.Rows;
using Game.WebHdfs;

namespace Game.HdfsSink.Commits;

/// <summary>The state of a partition in the cluster when the sink opens it.</summary>
/// <param name="TopicId">The topic's id in Kafka's base64 form.</param>
/// <param name="LogStart">The first offset that the log still holds.</param>
/// <param name="LogEnd">The offset after the last readable one.</param>
internal readonly record struct PartitionState(string TopicId, long LogStart, long LogEnd);

/// <summary>How a commit ended.</summary>
/// <param name="IsWon">
/// Whether this sink won the claim of the range, so that the batch is in HDFS. If not, another sink committed a range that begins at the same position, and
/// this sink drops the batch.
/// </param>
/// <param name="Position">Where the next batch must begin.</param>
/// <param name="Rows">Rows written.</param>
/// <param name="Undecodable">Rows among them whose value could not be decoded.</param>
/// <param name="Files">Files written.</param>
/// <param name="Bytes">Bytes in those files.</param>
internal readonly record struct CommitResult(bool IsWon, long Position, long Rows = 0, int Undecodable = 0, int Files = 0, long Bytes = 0);

/// <summary>Finds the ids of topics: a committer compares them to see whether a topic was deleted and created again.</summary>
internal interface ITopicIds
{
    /// <summary>The topic's id in Kafka's base64 form; null where the topic does not exist.</summary>
    Task<string?> FindAsync(string topic, CancellationToken cancellationToken);
}

/// <summary>What the committers of a process share.</summary>
/// <param name="Hdfs">Holds the warehouse.</param>
/// <param name="TopicIds">The topics' current ids.</param>
/// <param name="Uploads">Bounds how many files are encoded and uploaded, or renamed, at once.</param>
/// <param name="Time">The clock for the times in the manifests.</param>
/// <param name="NewCommitId">Makes an id that no other commit has.</param>
/// <param name="Warn">Called with a sentence for each file in the warehouse that the sink did not write.</param>
internal sealed record CommitterContext(
    IWebHdfs Hdfs, ITopicIds TopicIds, SemaphoreSlim Uploads, TimeProvider Time, Func<Guid> NewCommitId, Action<string> Warn);

/// <summary>
/// Commits one partition's batches, one after another, so that HDFS holds each record once even where a sink dies during a commit: it uploads the data files
/// under staging names, renames the manifest to the name of its range (HDFS refuses this where the name exists), and then gives the data files their final
/// names. One call at a time. After an exception the state is unknown: open the partition again.
/// </summary>
internal sealed class Committer(CommitterContext context, Warehouse warehouse, ITable table, int partition)
{
    /// <summary>
    /// Tries of an upload. Each has a new name, because HDFS may still be writing the file of a failed try; after the last one the session fails.
    /// </summary>
    private const int MaxUploads = 3;

    private readonly CommitLog _commits = new(context.Hdfs, warehouse, partition, context.Uploads, context.Warn);
    private string _topicId = "";

    /// <summary>
    /// Finishes the newest commit and returns the position where to resume. Records a range that retention deleted before it was read as lost.
    /// </summary>
    /// <exception cref="SinkRefusedException">
    /// The topic is not the one that the manifests name, its log ends before the committed position, or a file or folder of another program has a name that the
    /// sink needs.
    /// </exception>
    /// <param name="state">The partition's state in the cluster.</param>
    /// <param name="askLogEnd">Asks the cluster again for the offset after the last readable one: another sink may have committed further meanwhile.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<long> OpenAsync(PartitionState state, Func<CancellationToken, Task<long>> askLogEnd, CancellationToken cancellationToken) =>
        RefuseWhereNameIsTakenAsync(() => ResumeAsync(state, askLogEnd, cancellationToken));

    /// <summary>Commits a batch that begins where the last commit ended.</summary>
    /// <exception cref="SinkRefusedException">The topic was replaced, or a file or folder of another program has a name that the sink needs.</exception>
    public Task<CommitResult> CommitAsync(RecordBatch batch, CancellationToken cancellationToken) =>
        RefuseWhereNameIsTakenAsync(() => CommitAsync(batch, lost: false, cancellationToken));

    /// <summary>
    /// Turns the errors of HDFS that only an operator can correct into a refusal: a file where the sink needs a folder stays until somebody moves it. Other
    /// errors may pass, so the session tries again.
    /// </summary>
    private static async Task<T> RefuseWhereNameIsTakenAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (WebHdfsException e) when (e.Error is HdfsError.ParentNotDirectory or HdfsError.FileAlreadyExists)
        {
            throw new SinkRefusedException(
                $"The warehouse holds something under a name that the sink needs for a folder or a file, so move it away and start again: {e.Message}");
        }
    }

    private async Task<long> ResumeAsync(PartitionState state, Func<CancellationToken, Task<long>> askLogEnd, CancellationToken cancellationToken)
    {
        _topicId = state.TopicId;
        long end = state.LogEnd;
        Manifest? newest = await _commits.FindNewestAsync(end, cancellationToken) ?? await _commits.FindAsync(0, cancellationToken);
        long position = newest is null ? 0 : await FollowAsync(newest, CheckEndAsync, cancellationToken);
        while (position < state.LogStart)
        {
            position = (await CommitAsync(new RecordBatch(position, state.LogStart, [], 0), lost: true, cancellationToken)).Position;
        }

        return position;

        async Task CheckEndAsync(long committed)
        {
            if (committed <= end)
            {
                return;
            }

            end = await askLogEnd(cancellationToken);
            if (committed > end)
            {
                throw new SinkRefusedException(
                    $"The log of {warehouse.Topic}-{partition} ends at {end}, but HDFS holds records up to {committed}: the log lost records, so restore it or use another warehouse.");
            }
        }
    }

    private async Task<CommitResult> CommitAsync(RecordBatch batch, bool lost, CancellationToken cancellationToken)
    {
        Guid id = context.NewCommitId();
        DecodedBatch decoded = table.Decode(batch);
        ManifestFile[] files = await Task.WhenAll(decoded.Files.Select((file, index) => UploadAsync(batch, id, file, index, cancellationToken)));
        Manifest manifest = new()
        {
            CommitId = id,
            Topic = warehouse.Topic,
            TopicId = _topicId,
            Partition = partition,
            First = batch.First,
            Next = batch.Next,
            Rows = batch.Records.Count,
            LostToRetention = lost,
            CommittedAt = context.Time.GetUtcNow().ToUnixTimeMilliseconds(),
            Files = files,
        };
        string staged = await StageAsync(batch, id, "manifest.json", new MemoryStream(manifest.ToJson()), cancellationToken);
        CheckTopic(await context.TopicIds.FindAsync(warehouse.Topic, cancellationToken), _topicId);
        if (await _commits.ClaimAsync(staged, manifest, cancellationToken) == ClaimOutcome.Lost)
        {
            return new CommitResult(IsWon: false, await FollowWinnerAsync(batch.First, cancellationToken));
        }

        await _commits.PublishAsync(manifest, cancellationToken);
        return new CommitResult(IsWon: true, batch.Next, batch.Records.Count, decoded.Undecodable, files.Length, files.Sum(file => file.Bytes));
    }

    /// <summary>
    /// Follows the manifests from the one of the sink that won the range to the newest, and returns its end. Finishing them also deletes the staged files of
    /// this sink.
    /// </summary>
    private async Task<long> FollowWinnerAsync(long first, CancellationToken cancellationToken)
    {
        Manifest winner = await _commits.FindAsync(first, cancellationToken)
            ?? throw new WarehouseException(
                $"The manifest {warehouse.Claim(partition, first)} of another sink was deleted: another program deletes files in the warehouse.");
        return await FollowAsync(winner, static _ => Task.CompletedTask, cancellationToken);
    }

    private async Task<long> FollowAsync(Manifest manifest, Func<long, Task> checkEnd, CancellationToken cancellationToken)
    {
        while (true)
        {
            CheckTopic(_topicId, manifest.TopicId);
            await checkEnd(manifest.Next);
            await _commits.FinishAsync(manifest, cancellationToken);
            if (await _commits.FindAsync(manifest.Next, cancellationToken) is not { } following)
            {
                return manifest.Next;
            }

            manifest = following;
        }
    }

    private void CheckTopic(string? now, string before)
    {
        if (!string.Equals(now, before, StringComparison.Ordinal))
        {
            string current = now is null ? "was deleted" : $"has the id {now}";
            throw new SinkRefusedException(
                $"The topic {warehouse.Topic} {current}, but {warehouse.Root} holds rows of a topic with the id {before}: use another warehouse for a new topic.");
        }
    }

    private async Task<ManifestFile> UploadAsync(RecordBatch batch, Guid id, PendingFile file, int index, CancellationToken cancellationToken)
    {
        await context.Uploads.WaitAsync(cancellationToken);
        try
        {
            using MemoryStream content = new();
            await file.EncodeAsync(content);
            Memory<byte> bytes = content.GetBuffer().AsMemory(0, (int)content.Length);
            string staged = await StageAsync(batch, id, $"{index}.parquet", new MemoryStream(content.GetBuffer(), 0, bytes.Length), cancellationToken);
            string path = warehouse.DataFile(partition, batch.First, batch.Next, file.Target);
            return new ManifestFile(staged, path, file.Rows, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes.Span)));
        }
        finally
        {
            context.Uploads.Release();
        }
    }

    private async Task<string> StageAsync(RecordBatch batch, Guid id, string name, MemoryStream content, CancellationToken cancellationToken)
    {
        for (int tries = 1; ; tries++)
        {
            string path = warehouse.Staged(partition, batch.First, batch.Next, id, $"{tries}+{name}");
            try
            {
                content.Position = 0;
                await context.Hdfs.CreateAsync(path, content, overwrite: false, cancellationToken);
                return path;
            }
            catch (WebHdfsException e) when (e.IsTransient && tries < MaxUploads)
            {
                // No manifest names the file of the failed upload; FinishAsync deletes it once its range is claimed.
            }
        }
    }
}
