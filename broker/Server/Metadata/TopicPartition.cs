namespace Broker.Server.Metadata;

/// <summary>A partition's name.</summary>
internal readonly record struct TopicPartition(string Topic, int Partition)
{
    /// <summary>As its folder is named.</summary>
    public override string ToString() => $"{Topic}-{Partition}";
}
