using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Architecture.Tests;

/// <summary>What the build bans in the broker (broker/BannedSymbols.txt): the analyzer says nothing of a line that names nothing.</summary>
public sealed class BannedSymbolsTests
{
    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(SourceTree.Root, "broker/BannedSymbols.txt"));

    [Fact]
    public void Every_ban_names_something_and_says_what_to_use_instead()
    {
        CSharpCompilation framework = CSharpCompilation.Create("framework", references: Framework.References);
        Lines.Where(line => DocumentationCommentId.GetSymbolsForDeclarationId(line.Split(';')[0], framework).IsEmpty).ShouldBeEmpty();
        Lines.ShouldAllBe(line => line.Contains("; "));
        Lines.Distinct().Count().ShouldBe(Lines.Length);
    }
}
