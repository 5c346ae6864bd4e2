using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Confluent.Kafka;
using Game.Contracts;
using Game.Detector.Logging;

namespace Game.Detector.Sending;

/// <summary>
/// Sends alerts and dead letters with an idempotent producer; at most <see cref="MaxInFlight"/> of them are unacknowledged. The consumer's thread calls it;
/// acknowledgements arrive on the producer's thread.
/// </summary>
internal sealed class Outbox : IDisposable
{
    /// <summary>As many alerts as the worst flood raises in a few seconds; a tenth of the client library's queue.</summary>
    public const int MaxInFlight = 10_000;

    /// <summary>A record may be replaced twice: a copied alert by its dead letter, and that by its stub.</summary>
    private const int LongestChain = 3;

    private static readonly TimeSpan AckWait = TimeSpan.FromMilliseconds(100);

    private readonly ILogger _log;
    private readonly IProducer<byte[]?, byte[]?> _producer;
    private readonly AutoResetEvent _acknowledged = new(initialState: false);
    private readonly TaskCompletionSource<string> _failure;
    private readonly ConcurrentQueue<(Outgoing Record, Delivery Delivery)> _replacements = new(); // they count as in flight, which bounds the queue
    private int _inFlight;

    /// <param name="producer">The outbox owns it and disposes it.</param>
    public Outbox(IProducer<byte[]?, byte[]?> producer, ILogger log)
        : this(producer, NewFailure(), log)
    {
    }

    private Outbox(IProducer<byte[]?, byte[]?> producer, TaskCompletionSource<string> failure, ILogger log)
    {
        _producer = producer;
        _failure = failure;
        _log = log;
    }

    /// <summary>Creates an outbox with its own idempotent producer.</summary>
    public static Outbox Connect(string bootstrapServers, string clientId, TimeProvider time, ILogger log)
    {
        ClientErrors errors = new("producer", time, log);
        TaskCompletionSource<string> failure = NewFailure();
        ProducerConfig config = ClientSettings.Producer(bootstrapServers, clientId);
        config.MessageTimeoutMs = 0; // no limit: while the brokers are unreachable the detector waits, because it must not lose an alert
        IProducer<byte[]?, byte[]?> producer = new ProducerBuilder<byte[]?, byte[]?>(config)
            .SetLogHandler((_, message) => DetectorLog.Client(log, message.Name, message.Message))
            .SetErrorHandler((_, error) => Report(errors, error, failure))
            .Build();
        return new Outbox(producer, failure, log);
    }

    /// <summary>Completes with one sentence when a record can never be delivered; no offset after that record's may be committed.</summary>
    public Task<string> Failure => _failure.Task;

    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Sends a record; waits while too many are unacknowledged.</summary>
    /// <returns>False when cancelled or failed before it was sent.</returns>
    public bool Send(Outgoing record, Delivery delivery, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested && !_failure.Task.IsCompleted)
        {
            SendReplacements();
            if (InFlight < MaxInFlight && TryProduce(record, delivery))
            {
                return true;
            }
            _acknowledged.WaitOne(AckWait);
        }

        return false;
    }

    /// <summary>Sends the replacements of records that were too large. The consumer's thread calls it between records.</summary>
    public void SendReplacements()
    {
        while (!_failure.Task.IsCompleted && _replacements.TryPeek(out (Outgoing Record, Delivery Delivery) next) && TryProduce(next.Record, next.Delivery))
        {
            _replacements.TryDequeue(out _);
            Interlocked.Decrement(ref _inFlight);
        }
    }

    /// <summary>Waits until any record is acknowledged, a tenth of a second at most.</summary>
    public void AwaitAcknowledgement()
    {
        SendReplacements();
        _acknowledged.WaitOne(AckWait);
    }

    /// <summary>Waits until all records are acknowledged or the time is over.</summary>
    public void Flush(TimeSpan timeout)
    {
        for (int form = 0; form < LongestChain; form++)
        {
            _producer.Flush(timeout);
            if (_replacements.IsEmpty)
            {
                return;
            }
            SendReplacements();
        }
    }

    public void Dispose()
    {
        _producer.Dispose();
        _acknowledged.Dispose();
    }

    [SuppressMessage("Design", "MA0147:Avoid async void method for delegate", Justification = "The handler is synchronous.")]
    private bool TryProduce(Outgoing record, Delivery delivery)
    {
        Interlocked.Increment(ref _inFlight);
        try
        {
            _producer.Produce(record.To, record.Message, report => Complete(report, record, delivery));
            return true;
        }
        catch (ProduceException<byte[]?, byte[]?> e)
        {
            Interlocked.Decrement(ref _inFlight);
            if (e.Error.Code == ErrorCode.MsgSizeTooLarge && record.IfTooLarge is { } instead)
            {
                return TryProduce(Replace(record, instead), delivery);
            }
            if (e.Error.Code != ErrorCode.Local_QueueFull)
            {
                _failure.TrySetResult($"A record for {record.To.Topic} was refused: {e.Error.Reason}.");
            }
            return false;
        }
    }

    private void Complete(DeliveryReport<byte[]?, byte[]?> report, Outgoing record, Delivery delivery)
    {
        if (report.Error.Code == ErrorCode.MsgSizeTooLarge && record.IfTooLarge is { } instead)
        {
            // The consumer's thread sends the replacement, because the producer's queue may be full; until then the record counts as in flight.
            _replacements.Enqueue((Replace(record, instead), delivery));
            _acknowledged.Set();
            return;
        }

        Interlocked.Decrement(ref _inFlight);
        if (report.Error.IsError)
        {
            _failure.TrySetResult($"A record for {report.Topic} could not be delivered: {report.Error.Reason}.");
        }
        else
        {
            delivery.Complete();
        }
        _acknowledged.Set();
    }

    private Outgoing Replace(Outgoing record, Outgoing instead)
    {
        DetectorLog.TooLarge(_log, record.To.Topic);
        return instead;
    }

    private static TaskCompletionSource<string> NewFailure() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static void Report(ClientErrors errors, Error error, TaskCompletionSource<string> failure)
    {
        errors.Report(error);
        if (error.IsFatal)
        {
            failure.TrySetResult($"The producer failed and cannot recover: {error.Reason}.");
        }
    }
}
