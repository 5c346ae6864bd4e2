using System.Text.Json;

namespace Game.Contracts;

/// <summary>What a field holds, as tables store it.</summary>
public enum FieldType : byte
{
    Text,

    /// <summary>Epoch milliseconds UTC.</summary>
    Time,
    Int32,
    Int64,
    Double,
}

/// <summary>One field of login and trade.</summary>
/// <param name="Name">Its name in JSON, in Parquet and in SQL.</param>
/// <param name="Type">What it holds.</param>
/// <param name="Kinds">The kinds of event that have it.</param>
/// <param name="Content">The kinds in which it is content: two events with the same id that differ in it are two actions (<see cref="EventContent"/>).</param>
/// <param name="IsOptional">Whether an event of those kinds may lack it.</param>
public abstract record EventField(string Name, FieldType Type, EventKinds Kinds, EventKinds Content, bool IsOptional)
{
    /// <summary>Writes name and value; writes nothing where the event has no value.</summary>
    internal abstract void Write(Utf8JsonWriter writer, PlayerEvent value);
}

/// <summary>A field with its values: <see cref="string"/>, <see cref="Guid"/> (stored as text), or a nullable number.</summary>
public sealed record EventField<T>(string Name, FieldType Type, EventKinds Kinds, EventKinds Content, bool IsOptional)
    : EventField(Name, Type, Kinds, Content, IsOptional)
{
    private readonly JsonEncodedText _name = JsonEncodedText.Encode(Name);

    /// <summary>The event's value; null where its kind has no such field or it lacks it.</summary>
    public required Func<PlayerEvent, T?> Read { get; init; }

    internal override void Write(Utf8JsonWriter writer, PlayerEvent value)
    {
        switch (Read(value))
        {
            case string text:
                writer.WriteString(_name, text);
                break;
            case Guid id:
                writer.WriteString(_name, id);
                break;
            case int number:
                writer.WriteNumber(_name, number);
                break;
            case long number:
                writer.WriteNumber(_name, number);
                break;
            case double number:
                writer.WriteNumber(_name, number);
                break;
        }
    }
}
