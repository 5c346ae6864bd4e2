using System.Globalization;
using System.Text.Json;
using DuckDB.NET.Data;

namespace Faults.Tests.Game;

/// <summary>The parts of a warehouse row that audits use.</summary>
/// <param name="Partition">The partition of its record.</param>
/// <param name="Offset">The offset of its record.</param>
/// <param name="Id">The event's or alert's id; null where the value could not be decoded.</param>
/// <param name="Raw">The value's bytes where it could not be decoded.</param>
internal sealed record WarehouseRow(int Partition, long Offset, string? Id, byte[]? Raw);

/// <summary>The warehouse on the disk under the local WebHDFS server, read without any of the programs under test.</summary>
internal sealed class WarehouseFolder(string path)
{
    /// <summary>Whether the topic's manifests reach these ends, and all files of the newest ones have their final names.</summary>
    public bool Reaches(string topic, IReadOnlyDictionary<int, long> ends) => ends.All(end => end.Value == 0 || Reaches(topic, end.Key, end.Value));

    /// <summary>All rows of a topic.</summary>
    public IReadOnlyList<WarehouseRow> Rows(string topic, string idColumn)
    {
        if (Directory.GetDirectories(Path.Combine(path, topic), "dt=*").Length == 0)
        {
            return [];
        }
        using DuckDBConnection database = new("DataSource=:memory:");
        database.Open();
        using DuckDBCommand command = database.CreateCommand();
        command.CommandText = $"select _partition, _offset, {idColumn}, _raw from read_parquet('{path}/{topic}/dt=*/hour=*/*.parquet', union_by_name = true, hive_partitioning = false)";
        using DuckDBDataReader reader = command.ExecuteReader();
        List<WarehouseRow> rows = new();
        while (reader.Read())
        {
            rows.Add(new WarehouseRow(reader.GetInt32(0), reader.GetInt64(1), reader.IsDBNull(2) ? null : reader.GetString(2),
                reader.IsDBNull(3) ? null : Bytes(reader.GetStream(3))));
        }
        return rows;
    }

    private bool Reaches(string topic, int partition, long end)
    {
        DirectoryInfo claims = new(Path.Combine(path, topic, "_commits", $"{partition}"));
        if (!claims.Exists || claims.GetFiles().MaxBy(file => long.Parse(file.Name, CultureInfo.InvariantCulture)) is not { } newest)
        {
            return false;
        }
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllBytes(newest.FullName));
        return manifest.RootElement.GetProperty("next").GetInt64() >= end
            && manifest.RootElement.GetProperty("files").EnumerateArray().All(file => File.Exists(Path.Combine(path, "..",
            file.GetProperty("path").GetString()!.TrimStart('/'))));
    }

    private static byte[] Bytes(Stream stream)
    {
        using (stream)
        {
            using MemoryStream copy = new();
            stream.CopyTo(copy);
            return copy.ToArray();
        }
    }
}
