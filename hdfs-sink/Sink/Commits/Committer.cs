using System.Security.Cryptography;
using Game.HdfsSink.Rows;
using Game.WebHdfs;

namespace Game.HdfsSink.Commits;

/// <summary>What the cluster says of a partition when the sink opens it.</summary>
/// <param name="TopicId">The topic's id in Kafka's base64 form.</param>
/// <param name="LogStart">The first offset still there.</param>
/// <param name="LogEnd">The offset after the last readable one.</param>
internal readonly record struct PartitionState(string TopicId, long LogStart, long LogEnd);

/// <summary>A commit's end.</summary>
/// <param name="IsOurs">This batch is in HDFS; otherwise another sink committed a range that begins at the same position, and the batch is discarded.</param>
/// <param name="Position">Where the next batch must begin.</param>
/// <param name="Rows">Rows written.</param>
/// <param name="Undecodable">Rows among them whose value could not be decoded.</param>
/// <param name="Files">Files written.</param>
/// <param name="Bytes">Bytes in those files.</param>
internal readonly record struct CommitResult(bool IsOurs, long Position, long Rows = 0, int Undecodable = 0, int Files = 0, long Bytes = 0);

/// <summary>Where the committers ask whether a topic is still the one they read.</summary>
internal interface ITopicIds
{
    /// <summary>The topic's id in Kafka's base64 form; null where there is no such topic (any more).</summary>
    Task<string?> FindAsync(string topic, CancellationToken cancellationToken);
}

/// <summary>What the committers of a process share.</summary>
/// <param name="Hdfs">Where to.</param>
/// <param name="TopicIds">The topics' ids as they are now.</param>
/// <param name="Uploads">How many files are encoded and uploaded, or placed, at once.</param>
/// <param name="Time">The clock, for the manifests' time.</param>
/// <param name="NewCommitId">Ids that no other sink makes.</param>
/// <param name="Warn">Called with a sentence for what lies in the warehouse and is none of the sink's.</param>
internal sealed record CommitterContext(IWebHdfs Hdfs, ITopicIds TopicIds, SemaphoreSlim Uploads, TimeProvider Time, Func<Guid> NewCommitId, Action<string> Warn);

/// <summary>
/// Commits one partition's batches, one after the other, by the protocol that makes each record appear once whatever dies in between:
/// files under a staging name, the manifest renamed to the range's name (which HDFS refuses to give twice), then the files to their final names.
/// One call at a time. After any exception nothing is known; open again.
/// </summary>
internal sealed class Committer(CommitterContext context, Warehouse warehouse, ITable table, int partition)
{
    /// <summary>An upload that breaks is tried again under a new name, as the first may still be landing; longer trouble is left to the next start.</summary>
    private const int MaxUploads = 3;

    private readonly CommitLog _commits = new(context.Hdfs, warehouse, partition, context.Uploads, context.Warn);
    private string _topicId = "";

    /// <summary>
    /// Finishes what the newest manifest began and says at which position to resume. A range that retention took is recorded as lost.
    /// </summary>
    /// <exception cref="SinkRefusedException">The topic is another one than the manifests tell of, its log ends before what was committed, or something else lies where the sink writes.</exception>
    /// <param name="state">What the cluster said.</param>
    /// <param name="askLogEnd">Asks again for the offset after the last readable one: another sink may have read on since.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<long> OpenAsync(PartitionState state, Func<CancellationToken, Task<long>> askLogEnd, CancellationToken cancellationToken) =>
        RefuseWhatIsInTheWayAsync(() => ResumeAsync(state, askLogEnd, cancellationToken));

    /// <summary>Commits a batch that begins where the last commit ended.</summary>
    /// <exception cref="SinkRefusedException">The topic is another one by now, or something else lies where the sink writes.</exception>
    public Task<CommitResult> CommitAsync(RecordBatch batch, CancellationToken cancellationToken) =>
        RefuseWhatIsInTheWayAsync(() => CommitAsync(batch, lost: false, cancellationToken));

    /// <summary>What is missing or broken in HDFS passes, or is mended behind the sink's back; a file in the place of a folder stays until a person moves it.</summary>
    private static async Task<T> RefuseWhatIsInTheWayAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (WebHdfsException e) when (e.Error is HdfsError.ParentNotDirectory or HdfsError.FileAlreadyExists)
        {
            throw new SinkRefusedException($"Something lies in the warehouse where the sink makes a folder or a file, so move it away and start again: {e.Message}");
        }
    }

    private async Task<long> ResumeAsync(PartitionState state, Func<CancellationToken, Task<long>> askLogEnd, CancellationToken cancellationToken)
    {
        _topicId = state.TopicId;
        long end = state.LogEnd;
        Manifest? newest = await _commits.NewestAsync(end, cancellationToken) ?? await _commits.FindAsync(0, cancellationToken);
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
                    $"The log of {warehouse.Topic}-{partition} ends at {end}, but {committed} was committed already: records were lost or the topic was emptied, so restore the log or use another warehouse.");
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
            return new CommitResult(IsOurs: false, await YieldAsync(batch.First, cancellationToken));
        }

        await _commits.PlaceAsync(manifest, cancellationToken);
        return new CommitResult(IsOurs: true, batch.Next, batch.Records.Count, decoded.Undecodable, files.Length, files.Sum(file => file.Bytes));
    }

    /// <summary>Another sink has the range: goes along its manifests to the end. Cleaning them up takes our staged files along.</summary>
    private async Task<long> YieldAsync(long first, CancellationToken cancellationToken)
    {
        Manifest winner = await _commits.FindAsync(first, cancellationToken)
            ?? throw new WarehouseException($"The claim {warehouse.Claim(partition, first)} was taken and is gone: something else deletes files in the warehouse.");
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
            throw new SinkRefusedException($"The topic {warehouse.Topic} has the id {now ?? "of none (it was deleted)"}, but {warehouse.Root} holds rows of one with the id {before}: use another warehouse for the new topic.");
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
            return new ManifestFile(staged, warehouse.DataFile(partition, batch.First, batch.Next, file.Filing), file.Rows, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes.Span)));
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
                // What the broken upload left is not named by any manifest, and cleaned once its range is claimed.
            }
        }
    }
}
