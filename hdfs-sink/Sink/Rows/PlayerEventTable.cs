using Game.Contracts;

namespace Game.HdfsSink.Rows;

/// <summary>
/// The table of <c>player-events</c>: one table for logins and trades, with the contract's fields as columns; <c>ts</c> decides the hour's folder. Fields of
/// the other kind are null.
/// </summary>
internal sealed class PlayerEventTable() : Table<PlayerEvent>(Topics.PlayerEvents, EventFields.All.Select(ColumnOf))
{
    protected override long TimeOf(PlayerEvent value) => value.Ts;

    protected override IEnumerable<Row<PlayerEvent>> Rows(IReadOnlyList<RawRecord> records)
    {
        EventDecoder decoder = new();
        TextCache texts = new();
        foreach (RawRecord record in records)
        {
            yield return Read(decoder, texts, record);
        }
    }

    private static Row<PlayerEvent> Read(EventDecoder decoder, TextCache texts, RawRecord record)
        => record.Value is null || decoder.Decode(record.Value, out EventView view).IsFailure
            ? new Row<PlayerEvent>(record, null, null)
            : new Row<PlayerEvent>(record, view.ToEvent(texts.Get), view.HasExtraFields ? ExtraFields.Read(record.Value) : null);

    private static Column<Row<PlayerEvent>> ColumnOf(EventField contract) => contract switch
    {
        EventField<string> text => new TextColumn<Row<PlayerEvent>>(text.Name, row => row.Value is null ? null : text.Read(row.Value)),
        EventField<Guid> id => new TextColumn<Row<PlayerEvent>>(id.Name, row => row.Value is null ? null : id.Read(row.Value).ToString()),
        EventField<long?> { Type: FieldType.Time } time => new TimeColumn<Row<PlayerEvent>>(time.Name, row => row.Value is null ? null : time.Read(row.Value)),
        EventField<long?> number => new OptionalColumn<Row<PlayerEvent>, long>(number.Name, row => row.Value is null ? null : number.Read(row.Value)),
        EventField<int?> number => new OptionalColumn<Row<PlayerEvent>, int>(number.Name, row => row.Value is null ? null : number.Read(row.Value)),
        EventField<double?> number => new OptionalColumn<Row<PlayerEvent>, double>(number.Name, row => row.Value is null ? null : number.Read(row.Value)),
        _ => throw new NotSupportedException($"The field {contract.Name} has a type that no column holds."),
    };
}
