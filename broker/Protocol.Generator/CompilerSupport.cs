// Types that the compiler asks for and .NET Standard 2.0, which compilers load generators for, lacks.
namespace System.Runtime.CompilerServices;

/// <summary>Allows init-only properties.</summary>
internal static class IsExternalInit;

/// <summary>Allows required properties.</summary>
[AttributeUsage(AttributeTargets.All, Inherited = false)]
internal sealed class RequiredMemberAttribute : Attribute;

/// <summary>Allows required properties.</summary>
[AttributeUsage(AttributeTargets.All, AllowMultiple = true, Inherited = false)]
internal sealed class CompilerFeatureRequiredAttribute(string featureName) : Attribute
{
    public string FeatureName { get; } = featureName;
}
