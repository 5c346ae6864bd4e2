using System.Globalization;

namespace Broker.Storage;

/// <summary>A partition of a topic.</summary>
/// <param name="Topic">The topic's name.</param>
/// <param name="Partition">The partition's number from 0.</param>
public readonly record struct TopicPartition(string Topic, int Partition)
{
    /// <summary>The name of its folder: topic, hyphen, number.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Topic}-{Partition}");

    /// <summary>Reads a folder's name, split at the last hyphen as Kafka does; false where it is none.</summary>
    public static bool TryParse(string folder, out TopicPartition parsed)
    {
        parsed = default;
        int hyphen = folder.LastIndexOf('-');
        if (hyphen <= 0 || !int.TryParse(folder.AsSpan(hyphen + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            return false;
        }
        parsed = new TopicPartition(folder[..hyphen], number);
        return true;
    }
}
