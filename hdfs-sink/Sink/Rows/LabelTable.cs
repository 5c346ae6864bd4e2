using Game.Contracts;

namespace Game.HdfsSink.Rows;

/// <summary>
/// The table of <c>labels</c>; <c>labelled_at</c> decides the hour's folder. The labelled event or alert is the record's key, in <c>_key</c>.
/// </summary>
internal sealed class LabelTable() : Table<Label>(Topics.Labels,
[
    Text("user_id", l => l.UserId),
    Text("verdict", l => l.Verdict),
    new TimeColumn<Row<Label>>("labelled_at", row => row.Value?.LabelledAt),
    Text("source", l => l.Source),
])
{
    protected override long TimeOf(Label value) => value.LabelledAt;

    protected override IEnumerable<Row<Label>> Rows(IReadOnlyList<RawRecord> records) => records.Select(Read);

    private static Row<Label> Read(RawRecord record) =>
        record.Value is not null && ContractJson.TryDecode(record.Value, out Label label, out _)
            ? new(record, label, Extra.Json(label.Extra))
            : new(record, null, null);

    private static TextColumn<Row<Label>> Text(string name, Func<Label, string?> read) => new(name, row => row.Value is null ? null : read(row.Value));
}
