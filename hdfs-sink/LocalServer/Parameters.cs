using System.Globalization;
using System.Text.RegularExpressions;

namespace Game.LocalWebHdfs;

/// <summary>The query's parameters, read as Hadoop reads them (names in any case, the same messages for bad values).</summary>
internal sealed partial class Parameters(IQueryCollection query)
{
    public string? Operation => Text("op")?.ToUpperInvariant();

    /// <summary>Whether this is the second step, meant for the DataNode: only the address of a redirect has this parameter.</summary>
    public bool IsForDataNode => Text("namenoderpcaddress") is not null;

    public string? UserName => Text("user.name");

    public Fault? CheckUserName() => UserName is { } name && !UserNames().IsMatch(name)
        ? Fault.BadParameter("user.name", $"Invalid value: \"{name}\" does not belong to the domain ^[A-Za-z_][A-Za-z0-9._-]*[$]?$")
        : null;

    public string? Text(string name)
        => query.TryGetValue(name, out Microsoft.Extensions.Primitives.StringValues value) && value.Count > 0 && value[0]!.Length > 0 ? value[0] : null;

    public Fault? Flag(string name, out bool value)
    {
        string? text = Text(name);
        value = false;
        return text is null || bool.TryParse(text, out value) ? null : Fault.BadParameter(name, $"Failed to parse \"{text}\" to Boolean.");
    }

    public Fault? Number(string name, out long? value)
    {
        value = null;
        if (Text(name) is not { } text || text == "null")
        {
            return null;
        }
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
        {
            return Fault.BadParameter(name, $"Failed to parse \"{text}\" as a radix-10 long integer.");
        }
        value = number;
        return number >= 0 ? null : Fault.BadParameter(name, $"Invalid parameter range: {name} = {number} < 0");
    }

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9._-]*[$]?$", RegexOptions.NonBacktracking)]
    private static partial Regex UserNames();
}
