namespace Broker.Storage.Files;

/// <summary>A folder in memory; its unsynced changes survive a power cut in order, up to some one of them, as on a journaling file system.</summary>
internal sealed class InMemoryDirectory(bool tracksDurability)
{
    private readonly List<Change[]> _pending = [];
    private readonly Dictionary<string, object> _durable = new(StringComparer.Ordinal);

    /// <summary>Name to <see cref="InMemoryFile"/> or <see cref="InMemoryDirectory"/>.</summary>
    public Dictionary<string, object> Entries { get; } = new(StringComparer.Ordinal);

    /// <summary>Applies the changes together; null removes a name.</summary>
    public void Apply(params Change[] changes)
    {
        Make(Entries, changes);
        if (tracksDurability)
        {
            _pending.Add(changes);
        }
    }

    public void Sync()
    {
        foreach (Change[] changes in _pending)
        {
            Make(_durable, changes);
        }
        _pending.Clear();
    }

    public InMemoryDirectory AfterPowerCut(Random random)
    {
        Dictionary<string, object> left = new(_durable, StringComparer.Ordinal);
        foreach (Change[] changes in _pending.Take(random.Next(_pending.Count + 1)))
        {
            Make(left, changes);
        }
        return Survivor(left, file => file.AfterPowerCut(random), folder => folder.AfterPowerCut(random));
    }

    public InMemoryDirectory AfterProcessDeath() => Survivor(Entries, file => file.AfterProcessDeath(), folder => folder.AfterProcessDeath());

    private InMemoryDirectory Survivor(Dictionary<string, object> left, Func<InMemoryFile, InMemoryFile> file,
        Func<InMemoryDirectory, InMemoryDirectory> folder)
    {
        InMemoryDirectory survivor = new(tracksDurability);
        // In the order of names: a seed gives the same survivors each time.
        foreach ((string name, object entry) in left.OrderBy(e => e.Key, StringComparer.Ordinal))
        {
            survivor.Apply(new Change(name, entry is InMemoryFile f ? file(f) : folder((InMemoryDirectory)entry)));
        }
        survivor.Sync();
        return survivor;
    }

    private static void Make(Dictionary<string, object> entries, Change[] changes)
    {
        foreach (Change change in changes)
        {
            if (change.Entry is null)
            {
                entries.Remove(change.Name);
            }
            else
            {
                entries[change.Name] = change.Entry;
            }
        }
    }

    internal readonly record struct Change(string Name, object? Entry);
}
