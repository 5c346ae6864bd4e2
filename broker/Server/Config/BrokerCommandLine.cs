namespace Broker.Server.Config;

/// <summary>What the broker's command line says: <c>[server.properties] [--override key=value]… [--data FOLDER]</c>.</summary>
/// <param name="File">The properties file; null to run on this broker's own defaults.</param>
/// <param name="Overrides">The pairs of <c>--override</c>, in order.</param>
/// <param name="DataFolder">Where the data goes; null for the default.</param>
/// <param name="Help">Whether the usage is asked for.</param>
internal sealed record BrokerCommandLine(string? File, IReadOnlyList<KeyValuePair<string, string>> Overrides, string? DataFolder, bool Help)
{
    public const string Usage =
        """
        usage: broker [server.properties] [--override KEY=VALUE]... [--data FOLDER]

          server.properties      settings under Apache Kafka's names; Kafka's defaults hold for the others
          --override KEY=VALUE   one setting more, above the file and the environment
          --data FOLDER          where the data goes, as --override log.dirs=FOLDER

        Without a file the broker listens on 127.0.0.1:9092 and keeps its data in ./broker-data.
        Environment variables set keys too: KAFKA_LOG_RETENTION_MS is log.retention.ms.
        """;

    /// <exception cref="ConfigException">An argument that is none of these.</exception>
    public static BrokerCommandLine Parse(IReadOnlyList<string> arguments)
    {
        string? file = null;
        string? data = null;
        bool help = false;
        List<KeyValuePair<string, string>> overrides = new();
        for (int i = 0; i < arguments.Count; i++)
        {
            switch (arguments[i])
            {
                case "--help" or "-h": help = true; break;
                case "--override": overrides.Add(Pair(After(arguments, ref i))); break;
                case "--data": data = After(arguments, ref i); break;
                case var option when option.StartsWith('-'): throw new ConfigException($"There is no option '{option}'; see broker --help.");
                case var path when file is null: file = path; break;
                case var second: throw new ConfigException($"'{second}' is a second properties file; name one only; see broker --help.");
            }
        }

        return new(file, overrides, data, help);
    }

    private static string After(IReadOnlyList<string> arguments, ref int i) =>
        ++i < arguments.Count ? arguments[i] : throw new ConfigException($"{arguments[i - 1]} needs a value after it; see broker --help.");

    private static KeyValuePair<string, string> Pair(string text)
    {
        int equals = text.IndexOf('=');
        return equals > 0 ? new(text[..equals].Trim(), text[(equals + 1)..].Trim())
            : throw new ConfigException($"--override {text} must have the form key=value; see broker --help.");
    }
}
