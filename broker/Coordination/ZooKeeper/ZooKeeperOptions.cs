namespace Broker.Coordination.ZooKeeper;

/// <summary>How ZooKeeper is reached.</summary>
/// <param name="Address">The servers, and the path that the tree lies below.</param>
/// <param name="SessionTimeout">How long a session lasts after the client's last message; the server may choose another length.</param>
/// <param name="ConnectionTimeout">How long opening a session may take.</param>
/// <param name="MaxInFlight">Requests of one session without an answer; further ones wait.</param>
public sealed record ZooKeeperOptions(ZooKeeperAddress Address, TimeSpan SessionTimeout, TimeSpan ConnectionTimeout, int MaxInFlight);

/// <summary>zookeeper.connect: <c>HOST:PORT,HOST:PORT/chroot</c>.</summary>
/// <param name="Servers">HOST:PORT, separated by commas.</param>
/// <param name="Chroot">The path that stands before every path; empty for none.</param>
public sealed record ZooKeeperAddress(string Servers, string Chroot)
{
    private const int DefaultPort = 2181;

    /// <summary>Reads it as Kafka does; a server without a port has 2181.</summary>
    /// <exception cref="FormatException">The message is a clause that says what is wrong with it.</exception>
    public static ZooKeeperAddress Parse(string text)
    {
        int slash = text.IndexOf('/');
        string chroot = slash < 0 || slash == text.Length - 1 ? "" : text[slash..].Trim();
        if (chroot.Length > 0 && !ZnodePath.IsValid(chroot))
        {
            throw new FormatException($"the path {chroot} is not a valid znode path");
        }
        string[] servers = (slash < 0 ? text : text[..slash]).Split(',', StringSplitOptions.TrimEntries);
        return new ZooKeeperAddress(string.Join(',', servers.Select(Server)), chroot);
    }

    public override string ToString() => Servers + Chroot;

    private static string Server(string server)
    {
        int colon = server.LastIndexOf(':');
        if (colon < 0 && server.Length > 0)
        {
            return $"{server}:{DefaultPort}";
        }
        return colon > 0 && ushort.TryParse(server.AsSpan(colon + 1), out ushort port) && port > 0 ? server
            : throw new FormatException($"'{server}' is not HOST:PORT");
    }
}
