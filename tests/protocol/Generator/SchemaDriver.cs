using System.Collections.Immutable;
using Broker.Protocol.Generator;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace Broker.Protocol.Tests.Generator;

/// <summary>Runs the generator over schemas in memory.</summary>
internal static class SchemaDriver
{
    /// <summary>The result for one schema in a file named Foo.json.</summary>
    public static GeneratorDriverRunResult Run(string schema) =>
        Driver(new SchemaText("Foo", schema)).RunGenerators(CSharpCompilation.Create("Schemas")).GetRunResult();

    /// <summary>Why each of two schemas was or was not compiled anew after the second one's text has changed.</summary>
    public static ImmutableArray<IncrementalStepRunReason> ReasonsAfterChange(SchemaText first, SchemaText second, string changed)
    {
        CSharpCompilation compilation = CSharpCompilation.Create("Schemas");
        GeneratorDriver driver = Driver(first, second).RunGenerators(compilation);
        driver = driver.ReplaceAdditionalText(second, new SchemaText(Path.GetFileNameWithoutExtension(second.Path), changed)).RunGenerators(compilation);
        return [.. driver.GetRunResult().Results.Single().TrackedSteps[MessageGenerator.SchemaStep].SelectMany(s => s.Outputs).Select(o => o.Reason)];
    }

    private static CSharpGeneratorDriver Driver(params SchemaText[] schemas) => CSharpGeneratorDriver.Create(
        [new MessageGenerator().AsSourceGenerator()],
        schemas,
        driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    internal sealed class SchemaText(string name, string text) : AdditionalText
    {
        public override string Path => $"/any/Schemas/{name}.json";

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text);
    }
}
