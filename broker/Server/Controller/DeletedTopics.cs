namespace Broker.Server.Controller;

/// <summary>A topic that is not in the tree any more.</summary>
internal sealed record DeletedTopic(string Name, Guid Id, IReadOnlyList<int> Partitions);

/// <summary>
/// The topics that brokers may still know though they are deleted: the term ended, or a broker's session did, before the broker was told. Each new term tells
/// all brokers again, and each broker that registers. Used by the controller's loop only.
/// </summary>
internal sealed class DeletedTopics
{
    /// <summary>How many are kept: the oldest are forgotten first.</summary>
    private const int Max = 10_000;

    private readonly Dictionary<string, DeletedTopic> _byName = new(StringComparer.Ordinal);
    private readonly Queue<DeletedTopic> _oldestFirst = new();

    internal void Add(DeletedTopic topic)
    {
        _byName[topic.Name] = topic;
        _oldestFirst.Enqueue(topic);
        while (_oldestFirst.Count > Max)
        {
            DeletedTopic oldest = _oldestFirst.Dequeue();
            if (_byName.GetValueOrDefault(oldest.Name) == oldest)
            {
                _byName.Remove(oldest.Name);
            }
        }
    }

    /// <summary>All but those whose name has been given to a new topic: whoever hears of that forgets the former one.</summary>
    internal IEnumerable<DeletedTopic> Without(IReadOnlyDictionary<string, Guid> present) =>
        _oldestFirst.Where(topic => _byName.GetValueOrDefault(topic.Name) == topic && !present.ContainsKey(topic.Name));
}
