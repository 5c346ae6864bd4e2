namespace Broker.Protocol.Generator;

/// <summary>A list that is equal to another with equal items, so that the compiler can tell that a step's result has not changed.</summary>
internal sealed class SequenceList<T>(IEnumerable<T> items) : IEquatable<SequenceList<T>>
{
    private readonly T[] _items = items.ToArray();

    public IReadOnlyList<T> Items => _items;

    public bool Equals(SequenceList<T>? other) => other is not null && _items.SequenceEqual(other._items);

    public override bool Equals(object? obj) => Equals(obj as SequenceList<T>);

    public override int GetHashCode() => _items.Aggregate(17, (hash, item) => unchecked((hash * 31) + (item?.GetHashCode() ?? 0)));
}
