using Broker.Protocol.Generator.Emit;
using Broker.Protocol.Generator.Schema;
using Microsoft.CodeAnalysis.Text;

namespace Broker.Protocol.Generator;

/// <summary>One C# file.</summary>
internal sealed record GeneratedFile(string Name, string Text);

/// <summary>What a schema file became: C# files, or the problems that kept it from becoming any.</summary>
internal sealed record CompiledSchema(string Path, SequenceList<GeneratedFile> Files, SequenceList<SchemaProblem> Problems, ApiEntry? Api);

/// <summary>Turns one schema file into C#.</summary>
internal static class SchemaCompiler
{
    public static CompiledSchema Compile(string path, SourceText text, string targetNamespace)
    {
        SchemaFile file = new(path, text);
        List<MessageSchema> messages = new SchemaReader(file).Read();
        foreach (MessageSchema message in messages)
        {
            new SchemaCheck(file, message).Run();
        }
        CheckFileName(file, messages);
        if (file.Problems.Count > 0)
        {
            return new CompiledSchema(path, new([]), new(file.Problems), null);
        }
        IEnumerable<GeneratedFile> files = messages.Select(m => new GeneratedFile(m.Name + ".g.cs", new MessageEmitter(m, targetNamespace).Emit()));
        MessageSchema? request = messages.Find(m => m.Kind == MessageKind.Request);
        ApiEntry? api = request is null ? null : new ApiEntry(
            request.ApiName, request.Versions.Lowest, request.Versions.Highest, request.Flexible.IsEmpty ? short.MaxValue : request.Flexible.Lowest);
        return new CompiledSchema(path, new(files), new([]), api);
    }

    /// <summary>A file is named after what it describes, which also keeps two files from describing the same.</summary>
    private static void CheckFileName(SchemaFile file, List<MessageSchema> messages)
    {
        string stem = Path.GetFileNameWithoutExtension(file.Path);
        if (messages.Count > 0 && stem != (messages[0].ApiName.Length > 0 ? messages[0].ApiName : messages[0].Name))
        {
            file.Report(SchemaErrors.Name, new TextSpan(0, 1), $"the file '{stem}.json' describes something else");
        }
    }
}
