using DuckDB.NET.Data;
using Game.Analysis.Warehouse;
using Game.Contracts;
using Game.WebHdfs;

namespace Game.Analysis.Audit;

/// <summary>The events and alerts in HDFS, read from the Parquet files themselves.</summary>
/// <param name="EventIds">Distinct ids of events.</param>
/// <param name="AlertIds">Distinct ids of alerts.</param>
/// <param name="DuplicateRows">How many rows have the topic, partition and offset of another row.</param>
internal sealed record WarehouseAudit(HashSet<Guid> EventIds, HashSet<string> AlertIds, long DuplicateRows)
{
    public static async Task<WarehouseAudit> ReadAsync(IWebHdfs hdfs, string root, string cacheFolder, CancellationToken cancellation)
    {
        FileCache cache = new(hdfs, cacheFolder);
        string events = await FilesAsync(Topics.PlayerEvents), alerts = await FilesAsync(Topics.Alerts);
        string[] others = [await FilesAsync(Topics.Labels), await FilesAsync(Topics.SimulationTruth)];
        using DuckDBConnection database = new("DataSource=:memory:");
        await database.OpenAsync(cancellation);
        return await Task.Run(() => Read(database, events, alerts, others, cancellation), CancellationToken.None);

        async Task<string> FilesAsync(string topic)
        {
            IReadOnlyList<WarehouseFile> files = await WarehouseTree.ListAsync(hdfs, root, topic, cancellation);
            IReadOnlyList<string> local = await cache.FetchAsync(files, cancellation);
            return local.Count == 0
                ? "(select null::varchar as event_id, null::varchar as alert_id, 0 as _partition, 0 as _offset limit 0)"
                : $"read_parquet([{string.Join(", ", local.Select(file => $"'{file.Replace("'", "''")}'"))}], union_by_name = true, hive_partitioning = false)";
        }
    }

    private static WarehouseAudit Read(DuckDBConnection database, string events, string alerts, string[] others, CancellationToken cancellation)
    {
        HashSet<Guid> eventIds = Read(database, $"select distinct event_id from {events} where event_id is not null",
            reader => Guid.Parse(reader.GetString(0)), cancellation);
        HashSet<string> alertIds = Read(database, $"select distinct alert_id from {alerts} where alert_id is not null", reader => reader.GetString(0),
            cancellation);
        long duplicates = 0;
        foreach (string files in (string[])[events, alerts, .. others])
        {
            duplicates += Read(database, $"select count(*) - count(distinct (_partition, _offset)) from {files}", reader => reader.GetInt64(0), cancellation)
                .Single();
        }
        return new WarehouseAudit(eventIds, alertIds, duplicates);
    }

    private static HashSet<T> Read<T>(DuckDBConnection database, string sql, Func<DuckDBDataReader, T> read, CancellationToken cancellation)
    {
        using DuckDBCommand command = database.CreateCommand();
        command.CommandText = sql;
        using CancellationTokenRegistration registration = cancellation.Register(command.Cancel);
        try
        {
            using DuckDBDataReader reader = command.ExecuteReader();
            HashSet<T> rows = new();
            while (reader.Read())
            {
                rows.Add(read(reader));
            }
            return rows;
        }
        catch (DuckDBException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
    }
}
