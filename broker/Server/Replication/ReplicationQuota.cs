using System.Collections.Concurrent;
using Broker.Storage;

namespace Broker.Server.Replication;

/// <summary>
/// How many bytes a second replication may move, in one direction, for the replicas that a topic's settings list. Only replicas out of sync wait for it, but
/// the bytes of all listed ones count. Any thread.
/// </summary>
/// <param name="samples"><c>replication.quota.window.num</c>: over how many samples the rate is taken.</param>
/// <param name="sampleMs"><c>replication.quota.window.size.seconds</c>, in milliseconds.</param>
/// <param name="time">The clock.</param>
internal sealed class ReplicationQuota(int samples, long sampleMs, TimeProvider time)
{
    /// <summary>The rate without a quota.</summary>
    public const long Unlimited = long.MaxValue;

    /// <summary>By topic the listed partitions; null stands for all.</summary>
    private readonly ConcurrentDictionary<string, IReadOnlySet<int>?> _throttled = new(StringComparer.Ordinal);

    private readonly Lock _gate = new();

    /// <summary>When each sample began and its bytes, the oldest first. Under the lock.</summary>
    private readonly Queue<(long BeganMs, long Bytes)> _former = new();

    private (long BeganMs, long Bytes) _current = (long.MinValue / 2, 0);
    private long _rate = Unlimited;

    /// <summary>Bytes a second, from now on.</summary>
    public void SetRate(long bytesPerSecond) => Volatile.Write(ref _rate, bytesPerSecond);

    /// <summary>Sets the partitions of a topic to which the quota applies; null for all.</summary>
    public void SetThrottled(string topic, IReadOnlySet<int>? partitions)
    {
        if (partitions is { Count: 0 })
        {
            _throttled.TryRemove(topic, out _);
        }
        else
        {
            _throttled[topic] = partitions;
        }
    }

    /// <summary>Whether the quota applies to this broker's replica.</summary>
    public bool IsThrottled(TopicPartition replica) =>
        _throttled.TryGetValue(replica.Topic, out IReadOnlySet<int>? partitions) && (partitions is null || partitions.Contains(replica.Partition));

    /// <summary>Counts bytes of a replica to which the quota applies.</summary>
    public void Record(long bytes)
    {
        long nowMs = NowMs();
        lock (_gate)
        {
            DropOld(nowMs);
            if (nowMs - _current.BeganMs >= sampleMs)
            {
                _former.Enqueue(_current);
                _current = (nowMs, 0);
            }

            _current.Bytes += bytes;
        }
    }

    /// <summary>Whether more bytes a second were moved than the quota allows.</summary>
    public bool IsExceeded()
    {
        long rate = Volatile.Read(ref _rate);
        if (rate == Unlimited)
        {
            return false;
        }

        long nowMs = NowMs();
        lock (_gate)
        {
            DropOld(nowMs);
            long oldestMs = _former.TryPeek(out (long BeganMs, long Bytes) oldest) ? oldest.BeganMs : _current.BeganMs;
            long bytes = _former.Sum(sample => sample.Bytes) + (IsOld(_current.BeganMs, nowMs) ? 0 : _current.Bytes);

            // A rate over less than one sample would be a guess.
            double seconds = Math.Max(IsOld(oldestMs, nowMs) ? 0 : nowMs - oldestMs, sampleMs) / 1000.0;
            return bytes / seconds > rate;
        }
    }

    private void DropOld(long nowMs)
    {
        while (_former.TryPeek(out (long BeganMs, long Bytes) oldest) && IsOld(oldest.BeganMs, nowMs))
        {
            _former.Dequeue();
        }
    }

    private bool IsOld(long beganMs, long nowMs) => nowMs - beganMs >= samples * sampleMs;

    private long NowMs() => (long)(time.GetTimestamp() * (1000.0 / time.TimestampFrequency));
}
