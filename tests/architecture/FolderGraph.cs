using ArchUnitNET.Domain;
using ArchUnitNET.Loader;

namespace Architecture.Tests;

/// <summary>The folders of one project (a namespace is a folder) and which uses which, read from the compiled types, with an example for each arrow.</summary>
internal sealed class FolderGraph
{
    private readonly SortedDictionary<string, SortedDictionary<string, string>> _arrows = new(StringComparer.Ordinal);

    private FolderGraph(IEnumerable<IType> types, HashSet<string> declared, string rootNamespace)
    {
        foreach (IType type in types)
        {
            string from = FolderOf(type, rootNamespace);
            foreach (IType target in type.Dependencies.Select(dependency => dependency.Target).Where(target => declared.Contains(target.FullName)))
            {
                string to = FolderOf(target, rootNamespace);
                if (from.Length > 0 && to.Length > 0 && from != to)
                {
                    _arrows.TryAdd(from, new(StringComparer.Ordinal));
                    _arrows[from].TryAdd(to, $"{type.Name} uses {target.Name}");
                }
            }
        }
    }

    /// <summary>Arrows by the folder that uses another one.</summary>
    public int Arrows => _arrows.Values.Sum(targets => targets.Count);

    /// <param name="assembly">The project's assembly.</param>
    /// <param name="rootNamespace">What the namespaces of its folders begin with.</param>
    public static FolderGraph Of(System.Reflection.Assembly assembly, string rootNamespace)
        => new(new ArchLoader().LoadAssembly(assembly).Build().Types, [.. assembly.GetTypes().Select(type => type.FullName!)], rootNamespace);

    /// <summary>The circles: for each set of folders that all reach each other, the arrows inside it. Empty where there is none.</summary>
    public IReadOnlyList<string> Circles()
    {
        Dictionary<string, HashSet<string>> reached = _arrows.Keys.ToDictionary(folder => folder, Reach);
        return [.. _arrows.SelectMany(from => from.Value.Where(to => reached.TryGetValue(to.Key, out HashSet<string>? back) && back.Contains(from.Key))
            .Select(to => $"{from.Key} -> {to.Key}: {to.Value}"))];
    }

    private HashSet<string> Reach(string start)
    {
        HashSet<string> found = [];
        Queue<string> next = new([start]);
        while (next.TryDequeue(out string? folder))
        {
            foreach (string target in _arrows.GetValueOrDefault(folder)?.Keys.Where(found.Add) ?? [])
            {
                next.Enqueue(target);
            }
        }
        return found;
    }

    /// <summary>The namespace below the project's; "(root)" for the project's own folder; empty for types of others and of the compiler.</summary>
    private static string FolderOf(IType type, string rootNamespace)
    {
        string name = type.Namespace?.FullName ?? "";
        return name == rootNamespace ? "(root)" : name.StartsWith(rootNamespace + ".", StringComparison.Ordinal) ? name[(rootNamespace.Length + 1)..] : "";
    }
}
