using System.Text;
using Confluent.Kafka;
using Game.Contracts;
using Running;

namespace Load;

/// <summary>
/// A member of a consumer group that reads while the broker is killed and started again. It checks that it reads every offset in order, and commits often.
/// </summary>
public sealed class CommittingReader : IDisposable
{
    private const int CommitEvery = 500;

    /// <summary>Enough for some minutes of what a group's member does.</summary>
    private const int MaxLines = 400;

    private readonly IConsumer<Ignore, byte[]> _consumer;
    private readonly Thread _thread;
    private readonly Lock _gate = new();
    private readonly Readings _readings;
    private readonly string _topic;
    private readonly Dictionary<TopicPartition, long> _committed = [];
    private readonly List<string> _errors = [];
    private readonly Queue<string> _lines = [];
    private volatile bool _stopping;

    public CommittingReader(string bootstrap, string group, string topic)
    {
        ConsumerConfig config = ClientSettings.Consumer(bootstrap, group, group);
        config.ReconnectBackoffMaxMs = 500;
        config.Debug = "cgrp";
        _topic = topic;
        _readings = new Readings(group);
        _consumer = new ConsumerBuilder<Ignore, byte[]>(config).SetLogHandler((_, line) => Keep(line)).SetErrorHandler((_, error) => Note(error)).Build();
        _consumer.Subscribe(topic);
        _thread = new Thread(Run) { IsBackground = true, Name = group };
        _thread.Start();
    }

    public Readings Readings => _readings;

    /// <summary>The last lines of the client's own log about its group.</summary>
    public string Log
    {
        get
        {
            lock (_gate)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    /// <summary>What the client has reported that is no notice of a lost connection.</summary>
    public IReadOnlyList<string> Errors
    {
        get
        {
            lock (_gate)
            {
                return [.. _errors];
            }
        }
    }

    /// <summary>By partition: the newest offset whose commit the broker has acknowledged.</summary>
    public Dictionary<TopicPartition, long> Committed()
    {
        _readings.Failure.ShouldBeNull();
        lock (_gate)
        {
            return new Dictionary<TopicPartition, long>(_committed);
        }
    }

    /// <summary>Waits until all records up to these ends have been read.</summary>
    public Task SeenAsync(IReadOnlyDictionary<TopicPartition, long> ends)
        => Until.HoldsAsync("the group's member has seen all records", TimeSpan.FromMinutes(1), () =>
    {
        _readings.Failure.ShouldBeNull();
        return _readings.HasAll(ends);
    });

    public void Dispose()
    {
        _stopping = true;
        _thread.Join(TimeSpan.FromSeconds(10));
        _consumer.Dispose();
    }

    private void Run()
    {
        int unsaved = 0;
        while (!_stopping && _readings.Failure is null)
        {
            try
            {
                if (_consumer.Consume(TimeSpan.FromMilliseconds(100)) is { } result
                    && _readings.Note(result.Partition.Value, result.Offset.Value, Encoding.ASCII.GetString(result.Message.Value)))
                {
                    unsaved++;
                }
                if (unsaved >= CommitEvery)
                {
                    Commit();
                    unsaved = 0;
                }
            }
            catch (KafkaException e) when (!e.Error.IsFatal)
            {
                // The broker is down: the client continues by itself when the broker runs again.
                Note(e.Error);
            }
        }
    }

    private void Keep(LogMessage line)
    {
        lock (_gate)
        {
            _lines.Enqueue($"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {line.Facility} {line.Message}");
            if (_lines.Count > MaxLines)
            {
                _lines.Dequeue();
            }
        }
    }

    // A client that loses its connections says so and continues by itself.
    private void Note(Error error)
    {
        if (!error.IsFatal && error.Code is ErrorCode.Local_Transport or ErrorCode.Local_AllBrokersDown or ErrorCode.Local_TimedOut or ErrorCode.Local_Resolve)
        {
            return;
        }
        lock (_gate)
        {
            _errors.Add($"{error.Code}: {error.Reason}");
        }
    }

    private void Commit()
    {
        TopicPartitionOffset[] offsets = [.. _readings.Ends().Select(end => new TopicPartitionOffset(_topic, end.Key, end.Value))];
        _consumer.Commit(offsets);
        lock (_gate)
        {
            foreach (TopicPartitionOffset offset in offsets)
            {
                _committed[offset.TopicPartition] = offset.Offset.Value;
            }
        }
    }
}
