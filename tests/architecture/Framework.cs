using Microsoft.CodeAnalysis;

namespace Architecture.Tests;

/// <summary>The framework's assemblies, and the product's, as the compiler refers to them.</summary>
internal static class Framework
{
    public static IReadOnlyList<MetadataReference> References { get; } =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path)),
    ];
}
