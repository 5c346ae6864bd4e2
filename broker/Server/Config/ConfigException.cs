namespace Broker.Server.Config;

/// <summary>A setting that the broker cannot start with. The message is one sentence that names it and says what to do.</summary>
public sealed class ConfigException : Exception
{
    public ConfigException(string sentence)
        : base(sentence)
    {
    }

    public ConfigException(string sentence, Exception cause)
        : base(sentence, cause)
    {
    }

    public ConfigException()
    {
    }
}
