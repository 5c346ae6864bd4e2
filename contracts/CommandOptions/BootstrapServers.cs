using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Game.CommandOptions;

/// <summary>The list of brokers that a Kafka client starts from: <c>HOST:PORT[,HOST:PORT…]</c>, an IPv6 address in brackets.</summary>
public static class BootstrapServers
{
    private const string Name = "--bootstrap-server";

    /// <summary>The option <c>--bootstrap-server</c>; a malformed list is an error of one sentence.</summary>
    public static Option<string> Option()
    {
        Option<string> option = new(Name) { Description = "Kafka brokers to start from, HOST:PORT[,HOST:PORT…]." };
        option.Validators.Add(result =>
        {
            foreach (Token token in result.Tokens)
            {
                if (Fault(token.Value) is { } sentence)
                {
                    result.AddError(sentence);
                }
            }
        });
        return option;
    }

    /// <summary>What is wrong with a list, one sentence; null when it is well-formed. Spaces around an address are allowed.</summary>
    public static string? Fault(string list)
        => Array.Find(list.Split(',', StringSplitOptions.TrimEntries), address => !IsHostAndPort(address)) is { } wrong
        ? $"'{wrong}' is not the address of a broker: write it as HOST:PORT."
        : null;

    private static bool IsHostAndPort(string address)
        => address.LastIndexOf(':') is > 0 and int colon && IsHost(address[..colon])
        && ushort.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port > 0;

    private static bool IsHost(string text)
        => text.Contains(':') ? text[0] == '[' && Uri.CheckHostName(text) == UriHostNameType.IPv6 : Uri.CheckHostName(text) != UriHostNameType.Unknown;
}
