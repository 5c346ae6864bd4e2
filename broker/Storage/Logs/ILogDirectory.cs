using Broker.Storage.Segments;
using Microsoft.Extensions.Logging;

namespace Broker.Storage.Logs;

/// <summary>What a partition's log asks of the log directory that it lies in. Thread-safe.</summary>
internal interface ILogDirectory
{
    /// <summary>The folder.</summary>
    string Path { get; }

    /// <summary>Whether the disk has failed; nothing is written to the directory any more.</summary>
    bool IsOffline { get; }

    ILogger Logger { get; }

    /// <summary>Takes the directory offline and reports it, once: its disk has failed.</summary>
    void Fail(IOException failure);

    /// <summary>How much earlier than <c>segment.ms</c> the next segment rolls, in milliseconds.</summary>
    long NextJitter(LogConfig config);

    /// <summary>Has the rolled segments of a log flushed by the next periodic flush.</summary>
    void NoteRolled(LogState log);

    /// <summary>Deletes a segment's files, which are renamed as deleted, at or after a time (epoch ms), as soon as no reader holds a claim of them.</summary>
    void DeleteLater(LogSegment segment, long dueMs);

    /// <summary>
    /// Rewrites the checkpoints that lie above a log's recovery point or start, as a truncation leaves them: what is appended there next is neither flushed nor
    /// deleted, so this comes before the next append. Where it fails, for whatever reason, the directory goes offline.
    /// </summary>
    void LowerCheckpoints(IEnumerable<LogState> changed);
}
