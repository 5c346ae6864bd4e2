using System.CommandLine;

namespace Game.CommandOptions;

/// <summary>Options whose value is a list, such as <c>--topics A,B</c>.</summary>
public static class ListOption
{
    /// <summary>Makes a given value that consists of separators and spaces only an error of one sentence.</summary>
    /// <param name="option">The option; its default is not checked.</param>
    /// <param name="separator">What stands between the entries.</param>
    public static void RefuseEmpty(Option option, char separator) => option.Validators.Add(result =>
    {
        foreach (string list in result.Tokens.Select(token => token.Value).Where(list => list.All(c => c == separator || char.IsWhiteSpace(c))))
        {
            result.AddError($"{option.Name} is '{list}', but must have at least one entry.");
        }
    });
}
