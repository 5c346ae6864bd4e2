using Confluent.Kafka;

namespace Game.Detector.Consuming;

/// <summary>What a member of a consumer group does with its partitions. All calls come from the consumer's thread.</summary>
internal interface IGroupWork
{
    /// <summary>A partition was assigned; records may arrive after the next call of <see cref="BetweenRecords"/>.</summary>
    void Assign(int partition, PartitionLedger ledger);

    /// <summary>A partition goes to another member. Its outputs have been acknowledged and its offset committed, as far as the brokers answered.</summary>
    void Release(int partition);

    /// <summary>Judges one record and sends its alerts through the outbox.</summary>
    void Consume(ConsumeResult<byte[]?, byte[]?> record, CancellationToken cancel);

    /// <summary>Called between records, at least ten times a second.</summary>
    void BetweenRecords(IConsumer<byte[]?, byte[]?> consumer);

    /// <summary>Updates what metrics show; called about twice a second.</summary>
    void UpdateStatus(IConsumer<byte[]?, byte[]?> consumer);
}
