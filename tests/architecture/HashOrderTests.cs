using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Architecture.Tests;

/// <summary>
/// Nothing of the broker that a simulation runs walks over a table whose order is another one in every process. The build bans the members of such tables
/// (broker/BannedSymbols.txt); what uses one as a sequence (foreach, LINQ, a spread) only the compiler's types show.
/// </summary>
public sealed class HashOrderTests
{
    /// <summary>Where the histories' code is; what follows has threads and clocks of its own (.editorconfig).</summary>
    private static readonly string[] Simulated = ["broker/Server/", "broker/Storage/"];
    private static readonly string[] Exempt =
    [
        "broker/Server/Network/", "broker/Server/Metrics/", "broker/Server/Exchange/", "broker/Storage/PartitionDictionary.cs",
    ];

    private static readonly string[] Unordered =
    [
        "System.Collections.Concurrent.ConcurrentDictionary", "System.Collections.Concurrent.ConcurrentBag", "System.Collections.Hashtable",
        "System.Collections.Immutable.ImmutableDictionary", "System.Collections.Immutable.ImmutableHashSet",
        "System.Collections.Frozen.FrozenDictionary", "System.Collections.Frozen.FrozenSet",
    ];

    [Fact]
    public void Nothing_that_is_simulated_enumerates_in_the_order_of_hashes() =>
        Enumerations(SourceTree.Product().Where(IsSimulated).Select(Parse)).ShouldBeEmpty();

    [Theory]
    [InlineData("foreach (var entry in _table) { }")]
    [InlineData("_ = _table.Select(entry => entry.Key).First();")]
    [InlineData("string[] keys = [.. _table.Keys];")]
    [InlineData("KeyValuePair<string, int>[] all = [.. _table];")]
    [InlineData("IEnumerable<KeyValuePair<string, int>> all = _table;")]
    [InlineData("_ = new List<KeyValuePair<string, int>>(_table);")]
    public void An_enumeration_is_seen(string statement)
    {
        string text = $$"""
            using System.Collections.Concurrent;
            class C { ConcurrentDictionary<string, int> _table = new(); void M() { {{statement}} } }
            """;
        Enumerations([CSharpSyntaxTree.ParseText(text)]).ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData("_table[\"a\"] = _table.GetOrAdd(\"b\", 1) + _table.Count;")]
    [InlineData("Use(_table);")]
    public void Other_uses_are_none(string statement)
    {
        string text = $$"""
            using System.Collections.Concurrent;
            class C { ConcurrentDictionary<string, int> _table = new(); void Use(ConcurrentDictionary<string, int> t) { } void M() { {{statement}} } }
            """;
        Enumerations([CSharpSyntaxTree.ParseText(text)]).ShouldBeEmpty();
    }

    private static SyntaxTree Parse(string file) => CSharpSyntaxTree.ParseText(File.ReadAllText(file), path: SourceTree.Relative(file));

    private static bool IsSimulated(string file)
    {
        string path = SourceTree.Relative(file);
        return Array.Exists(Simulated, path.StartsWith) && !Array.Exists(Exempt, path.StartsWith);
    }

    private static IReadOnlyList<string> Enumerations(IEnumerable<SyntaxTree> trees)
    {
        string[] implicitUsings = ["System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Threading", "System.Threading.Tasks"];
        string globals = string.Join('\n', implicitUsings.Select(name => $"global using {name};"));
        CSharpCompilation compilation = CSharpCompilation.Create(
            "simulated", [.. trees, CSharpSyntaxTree.ParseText(globals)], Framework.References);
        return [.. compilation.SyntaxTrees.SelectMany(tree => Enumerations(tree, compilation.GetSemanticModel(tree)))];
    }

    private static IEnumerable<string> Enumerations(SyntaxTree tree, SemanticModel model)
    {
        foreach (ExpressionSyntax expression in tree.GetRoot().DescendantNodes().OfType<ExpressionSyntax>())
        {
            if (IsUnordered(model.GetTypeInfo(expression).Type) && IsSequence(expression, model))
            {
                yield return $"{tree.FilePath}:{tree.GetLineSpan(expression.Span).StartLinePosition.Line + 1}: {expression.Parent}";
            }
        }
    }

    private static bool IsSequence(ExpressionSyntax table, SemanticModel model) => table.Parent switch
    {
        CommonForEachStatementSyntax loop when loop.Expression == table => true,
        SpreadElementSyntax => true,
        MemberAccessExpressionSyntax access when access.Expression == table => IsEnumerating(model.GetSymbolInfo(access).Symbol),
        _ => model.GetTypeInfo(table).ConvertedType is { TypeKind: TypeKind.Interface },
    };

    private static bool IsEnumerating(ISymbol? member) =>
        member is IMethodSymbol { ReducedFrom: { } extension } ? extension.ContainingType.Name == nameof(Enumerable)
        : member is { Name: "Keys" or "Values" or "GetEnumerator" or "ToArray" };

    private static bool IsUnordered(ITypeSymbol? type) =>
        type is INamedTypeSymbol named && Array.Exists(Unordered, name => $"{named.ContainingNamespace}.{named.Name}" == name);
}
