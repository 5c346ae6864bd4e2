using System.Globalization;
using Broker.Storage.Files;

namespace Broker.Storage.Checkpoints;

/// <summary>The file of a partition's leader epochs.</summary>
internal static class LeaderEpochCheckpoint
{
    /// <exception cref="CorruptFileException">The file is not of the format, or its epochs or offsets do not rise.</exception>
    public static EpochStart[] Read(IFileSystem disk, string path)
    {
        string[] lines = CheckpointText.Read(disk, path);
        EpochStart[] epochs = new EpochStart[lines.Length];
        for (int i = 0; i < lines.Length; i++)
        {
            epochs[i] = Parse(path, lines[i]);
            if (i > 0 && (epochs[i].Epoch <= epochs[i - 1].Epoch || epochs[i].StartOffset < epochs[i - 1].StartOffset))
            {
                throw new CorruptFileException(path, "epochs and offsets must rise");
            }
        }
        return epochs;
    }

    public static void Write(IFileSystem disk, string path, IReadOnlyCollection<EpochStart> epochs, bool durable)
        => CheckpointText.Write(disk, path, epochs.Count, text =>
        {
            foreach (EpochStart start in epochs)
            {
                text.Append(start.Epoch).Append(' ').Append(start.StartOffset).Append('\n');
            }
        }, durable);

    private static EpochStart Parse(string path, string line)
    {
        string[] parts = line.Trim().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length != 2
            || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int epoch)
            || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long offset))
        {
            throw new CorruptFileException(path, $"'{CheckpointText.Shortened(line)}' is not 'epoch offset'");
        }
        return new EpochStart(epoch, offset);
    }
}
