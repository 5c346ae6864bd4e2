using Confluent.Kafka;

namespace Game.Detector.Consuming;

/// <summary>What a member of a consumer group does with its partitions. All calls come from the consumer's thread.</summary>
internal interface IGroupWork
{
    /// <summary>A partition was assigned; records may arrive after the next call of <see cref="BetweenRecords"/>.</summary>
    void Assign(int partition, PartitionLedger ledger);

    /// <summary>A partition goes to someone else. Its outputs are acknowledged and its offset is committed as far as they could be.</summary>
    void Release(int partition);

    /// <summary>Judges one record, sending what it gives through the outbox.</summary>
    void Consume(ConsumeResult<byte[]?, byte[]?> record, CancellationToken cancel);

    /// <summary>Called between records, at least ten times a second.</summary>
    void BetweenRecords(IConsumer<byte[]?, byte[]?> consumer);

    /// <summary>Called about twice a second, for what need not be exact.</summary>
    void Report(IConsumer<byte[]?, byte[]?> consumer);
}
