using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Architecture.Tests;

/// <summary>The rules of the dialect that the build's rules (.editorconfig) cannot check: line width, blocks on their own lines, unique type names.</summary>
public sealed class DialectTests
{
    private const int Columns = 160;

    private static readonly Lazy<IReadOnlyList<SyntaxTree>> Trees = new(() => [.. SourceTree.All().Order(StringComparer.Ordinal).Select(Parse)]);

    [Fact]
    public void Lines_fit_160_columns_except_for_one_long_literal()
    => Trees.Value.SelectMany(tree => TooLong(tree).Select(line => Place(tree, line.Span))).ShouldBeEmpty();

    [Fact]
    public void A_statement_and_its_block_never_share_a_line()
        => Trees.Value.SelectMany(tree => tree.GetRoot().DescendantNodes().OfType<BlockSyntax>().Where(SharesLine).Select(block => Place(tree,
        block.Span))).ShouldBeEmpty();

    [Fact]
    public void Type_names_are_unique_within_a_project()
    {
        IEnumerable<(string Project, string Name,
            string Namespace)> declared = Trees.Value.SelectMany(tree => tree.GetRoot().DescendantNodes().OfType<BaseTypeDeclarationSyntax>()
            .Where(type => type.Parent is BaseNamespaceDeclarationSyntax && !type.Modifiers.Any(SyntaxKind.FileKeyword))
            .Select(type => (Project: ProjectOf(tree.FilePath), Name: type.Identifier.Text + Arity(type),
                Namespace: ((BaseNamespaceDeclarationSyntax)type.Parent!).Name.ToString())));
        declared.Distinct().GroupBy(type => (type.Project, type.Name)).Where(same => same.Count() > 1)
            .Select(same => $"{same.Key.Project}: {same.Key.Name} in {string.Join(" and ", same.Select(type => type.Namespace))}").ShouldBeEmpty();
    }

    [Fact]
    public void A_deviation_is_found()
    {
        SyntaxTree tree = CSharpSyntaxTree.ParseText("class A { void B() { if (true) { B(); } } }\n// " + new string('x', Columns), path: "A.cs");
        tree.GetRoot().DescendantNodes().OfType<BlockSyntax>().Count(SharesLine).ShouldBe(1);
        TooLong(tree).Count().ShouldBe(1);
    }

    private static SyntaxTree Parse(string file) => CSharpSyntaxTree.ParseText(File.ReadAllText(file), new CSharpParseOptions(LanguageVersion.Preview), file);

    /// <summary>Whether the block belongs to a statement (if, for, lock …) and begins and ends on one line with something in it.</summary>
    private static bool SharesLine(BlockSyntax block)
    {
        FileLinePositionSpan span = block.SyntaxTree.GetLineSpan(block.Span);
        bool isBody = block.Parent is ElseClauseSyntax or (StatementSyntax and not BlockSyntax and not LocalFunctionStatementSyntax);
        return isBody && block.Statements.Count > 0
            && span.StartLinePosition.Line == span.EndLinePosition.Line;
    }

    private static IEnumerable<TextLine> TooLong(SyntaxTree tree)
        => tree.GetText().Lines.Where(line => line.Span.Length > Columns && line.Span.Length - LongestLiteral(tree.GetRoot(), line.Span) > Columns / 2);

    /// <summary>The length of the line's longest string literal, in columns.</summary>
    private static int LongestLiteral(SyntaxNode root, TextSpan line)
        => root.DescendantNodes(line).Where(node => node is InterpolatedStringExpressionSyntax
            or LiteralExpressionSyntax { RawKind: (int)SyntaxKind.StringLiteralExpression }
            or LiteralExpressionSyntax { RawKind: (int)SyntaxKind.Utf8StringLiteralExpression })
            .Select(node => node.Span.Intersection(line)?.Length ?? 0).DefaultIfEmpty().Max();

    private static string ProjectOf(string file)
    {
        string folder = Path.GetDirectoryName(file)!;
        while (!Directory.EnumerateFiles(folder, "*.csproj").Any())
        {
            folder = Path.GetDirectoryName(folder)!;
        }
        return SourceTree.Relative(folder);
    }

    private static string Arity(BaseTypeDeclarationSyntax type)
        => type is TypeDeclarationSyntax { TypeParameterList.Parameters.Count: var count } ? $"`{count}" : "";

    private static string Place(SyntaxTree tree, TextSpan span) => $"{SourceTree.Relative(tree.FilePath)}:{tree.GetLineSpan(span).StartLinePosition.Line + 1}";
}
