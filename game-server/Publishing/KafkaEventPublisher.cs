using Confluent.Kafka;
using Game.Contracts;
using Game.GameServer.Actions;
using Game.GameServer.Telemetry;

namespace Game.GameServer.Publishing;

/// <summary>
/// Publishes through one idempotent producer, which appends to every partition in the order of the calls. A producer with a fatal error is replaced; actions
/// that it had not completed are answered 503, and their senders try again.
/// </summary>
internal sealed class KafkaEventPublisher : IEventPublisher, IDisposable
{
    // Prevents a busy loop of producers that fail at once, for example when the cluster denies idempotent writes.
    private static readonly TimeSpan RebuildPause = TimeSpan.FromSeconds(1);

    // On top of the producer's own time-out, whose check runs once a second.
    private static readonly TimeSpan FlushMargin = TimeSpan.FromSeconds(2);

    private readonly IProducerFactory _factory;
    private readonly ServerMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<KafkaEventPublisher> _log;
    private readonly ThreadLocal<EventEncoder> _encoders = new(() => new EventEncoder(), trackAllValues: true);
    private readonly Lock _replacing = new();
    private volatile Generation _current;

    public KafkaEventPublisher(IProducerFactory factory, ServerMetrics metrics, TimeProvider time, ILogger<KafkaEventPublisher> log)
    {
        _factory = factory;
        _metrics = metrics;
        _time = time;
        _log = log;
        _current = Build();
    }

    public void Publish(PlayerAction action)
    {
        Generation generation = _current.IsFatal ? Replace() : _current;
        _metrics.Published();
        Delivery delivery = new(action, this, generation);
        if (!TryProduce(generation, action.First, delivery))
        {
            delivery.GiveUp();
            if (action.Second is not null)
            {
                delivery.GiveUp();
            }
            return;
        }

        if (action.Second is { } second && !TryProduce(generation, second, delivery))
        {
            delivery.GiveUp();
        }
    }

    /// <summary>Waits until all records are acknowledged or given up, then closes. Nothing may be published afterwards.</summary>
    public void Dispose()
    {
        Generation last = _current;
        if (last.Closing is null)
        {
            Close(last);
        }
        foreach (EventEncoder encoder in _encoders.Values)
        {
            encoder.Dispose();
        }
        _encoders.Dispose();
    }

    private bool TryProduce(Generation generation, PlayerEvent value, Delivery delivery)
    {
        // The producer has failed and must not be replaced yet.
        if (generation.IsFatal)
        {
            return false;
        }
        try
        {
            Message<byte[], byte[]> message = new()
            {
                Key = System.Text.Encoding.UTF8.GetBytes(value.UserId),
                Value = _encoders.Value!.Encode(value).ToArray(),
                Headers = delivery.Action.Headers,
            };
            generation.Producer.Produce(Topics.PlayerEvents, message, delivery.Report);
            return true;
        }
        catch (KafkaException e) // the queue is full, or the producer has a fatal error
        {
            generation.NoteError(e.Error);
            return false;
        }
    }

    private Generation Replace()
    {
        lock (_replacing)
        {
            Generation failed = _current;
            if (!failed.IsFatal)
            {
                return failed;
            }
            if (failed.Closing is null)
            {
                _log.ProducerFailed(failed.FatalReason);
                // On another thread: closing waits for the records in flight, and callers must not wait.
                failed.Closing = Task.Run(() => Close(failed));
            }

            // A new producer could append before the old one's last records: until the old one is closed, actions are refused.
            if (!failed.Closing.IsCompleted || _time.GetElapsedTime(failed.BuiltAt) < RebuildPause)
            {
                return failed;
            }
            _metrics.ProducerRebuilt();
            _current = Build();
            return _current;
        }
    }

    private Generation Build()
    {
        Generation generation = new(_time.GetTimestamp());
        generation.Producer = _factory.Create(generation.NoteError);
        return generation;
    }

    private void Close(Generation generation)
    {
        int left = generation.Producer.Flush(_factory.DeliveryTimeout + FlushMargin);
        if (left > 0)
        {
            _log.Unacknowledged(left);
        }
        generation.Producer.Dispose();
    }

    /// <summary>One producer, and its fatal error if it has one.</summary>
    private sealed class Generation(long builtAt)
    {
        private volatile Error? _fatal;

        public IProducer<byte[], byte[]> Producer { get; set; } = null!;

        public long BuiltAt => builtAt;

        /// <summary>Completes when the failed producer is closed. Read and written under the publisher's lock.</summary>
        public Task? Closing { get; set; }

        public bool IsFatal => _fatal is not null;

        public string FatalReason => _fatal?.Reason ?? "";

        public void NoteError(Error error)
        {
            if (error.IsFatal)
            {
                _fatal = error;
            }
        }
    }

    /// <summary>Receives the producer's delivery reports of one action. One delegate serves all events of the action.</summary>
    private sealed class Delivery
    {
        private readonly KafkaEventPublisher _publisher;
        private readonly Generation _generation;

        public Delivery(PlayerAction action, KafkaEventPublisher publisher, Generation generation)
        {
            Action = action;
            _publisher = publisher;
            _generation = generation;
            Report = OnReport;
        }

        public PlayerAction Action { get; }

        public Action<DeliveryReport<byte[], byte[]>> Report { get; }

        public void GiveUp() => Complete(acknowledged: false);

        private void OnReport(DeliveryReport<byte[], byte[]> report)
        {
            _generation.NoteError(report.Error);
            Complete(!report.Error.IsError);
        }

        private void Complete(bool acknowledged)
        {
            if (Action.CompleteEvent(acknowledged))
            {
                _publisher._metrics.Completed(_publisher._time.GetElapsedTime(Action.PublishedAt));
            }
        }
    }
}
