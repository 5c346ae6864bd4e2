using System.Text;
using Broker.Protocol.Generator.Emit;
using Broker.Protocol.Generator.Schema;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Broker.Protocol.Generator;

/// <summary>
/// Makes a class of every message described by a JSON file in a folder named Schemas. The format is described in that folder's README.
/// Each file is compiled on its own, so that a change of one file regenerates only its classes.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class MessageGenerator : IIncrementalGenerator
{
    /// <summary>The name of the step that compiles a schema, for tests.</summary>
    internal const string SchemaStep = "Schema";

    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValueProvider<string> rootNamespace = context.AnalyzerConfigOptionsProvider.Select(static (options, _) =>
            options.GlobalOptions.TryGetValue("build_property.RootNamespace", out string? root) && root.Length > 0 ? root : "Broker.Protocol");
        IncrementalValuesProvider<CompiledSchema> schemas = context.AdditionalTextsProvider
            .Where(static file => IsSchema(file.Path))
            .Combine(rootNamespace.Select(static (root, _) => root + ".Messages"))
            .Select(static (input, cancel) => SchemaCompiler.Compile(input.Left.Path, input.Left.GetText(cancel) ?? SourceText.From(string.Empty), input.Right))
            .WithTrackingName(SchemaStep);
        context.RegisterSourceOutput(schemas, static (output, schema) => AddMessages(output, schema));
        IncrementalValueProvider<SequenceList<ApiEntry>> table = schemas
            .Select(static (schema, _) => schema.Api)
            .Collect()
            .Select(static (apis, _) => new SequenceList<ApiEntry>(apis.OfType<ApiEntry>()));
        context.RegisterSourceOutput(table.Combine(rootNamespace), static (output, input) => AddTable(output, input.Left, input.Right));
    }

    private static bool IsSchema(string path) =>
        path.EndsWith(".json", StringComparison.Ordinal) && Path.GetFileName(Path.GetDirectoryName(path)) == "Schemas";

    private static void AddMessages(SourceProductionContext output, CompiledSchema schema)
    {
        foreach (SchemaProblem problem in schema.Problems.Items)
        {
            output.ReportDiagnostic(problem.ToDiagnostic());
        }
        foreach (GeneratedFile file in schema.Files.Items)
        {
            output.AddSource(file.Name, SourceText.From(file.Text, Encoding.UTF8));
        }
    }

    private static void AddTable(SourceProductionContext output, SequenceList<ApiEntry> apis, string rootNamespace)
    {
        if (apis.Items.Count > 0)
        {
            output.AddSource("ApiVersionTable.g.cs", SourceText.From(VersionTableEmitter.Emit(apis.Items, rootNamespace), Encoding.UTF8));
        }
    }
}
