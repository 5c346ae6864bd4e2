using System.Globalization;
using Running;

namespace Faults.Tests.Clusters;

/// <summary>
/// A network of one bridge in the present network namespace, which is the clients', with a namespace for each member. What one member sends to another one can
/// be lost. Only where <see cref="Namespaces.AreOwn"/>.
/// </summary>
internal sealed class PrivateNetwork : IAsyncDisposable
{
    private const string Subnet = "10.77.0.";

    // No member has this address: what is sent to it arrives nowhere.
    private const string Nobody = "02:00:00:00:00:fe";

    private readonly TempFolder _folder;
    private readonly Dictionary<string, int> _members = [];

    private PrivateNetwork(TempFolder folder) => _folder = folder;

    /// <summary>Where a member runs.</summary>
    public Place this[string member] => new(AddressOf(member), ["nsenter", $"--net={FileOf(member)}"]);

    /// <param name="folder">Holds the namespaces' files; outlives it.</param>
    /// <param name="members">Their names.</param>
    public static async Task<PrivateNetwork> CreateAsync(TempFolder folder, params string[] members)
    {
        PrivateNetwork network = new(folder);
        await RunAsync($"ip link set lo up && ip link add bridge type bridge && ip addr add {Subnet}254/24 dev bridge && ip link set bridge up");
        foreach (string member in members)
        {
            await network.AddAsync(member);
        }
        return network;
    }

    /// <summary>Loses all that one member sends to another one, from now on.</summary>
    public Task CutAsync(string from, string to) => InAsync(from, $"ip neigh replace {AddressOf(to)} lladdr {Nobody} dev {DeviceOf(from)} nud permanent");

    /// <summary>Ends a cut.</summary>
    public Task JoinAsync(string from, string to) => InAsync(from, $"ip neigh del {AddressOf(to)} dev {DeviceOf(from)}");

    public async ValueTask DisposeAsync()
    {
        foreach (string member in _members.Keys)
        {
            await RunAsync($"umount {FileOf(member)}");
        }
        await RunAsync("ip link del bridge");
    }

    private async Task AddAsync(string member)
    {
        int number = _members[member] = _members.Count + 1;
        string device = DeviceOf(member), file = FileOf(member);
        await File.WriteAllTextAsync(file, "");
        await RunAsync($"unshare --net={file} true && ip link add port-{number} type veth peer name {device} && ip link set {device} netns {file}");
        await RunAsync($"ip link set port-{number} master bridge up");
        await InAsync(member, $"ip link set lo up && ip addr add {AddressOf(member)}/24 dev {device} && ip link set {device} up");
    }

    private string AddressOf(string member) => string.Create(CultureInfo.InvariantCulture, $"{Subnet}{_members[member]}");

    private string DeviceOf(string member) => string.Create(CultureInfo.InvariantCulture, $"member-{_members[member]}");

    private string FileOf(string member) => _folder[$"network-{member}"];

    private Task InAsync(string member, string script) => RunAsync(script, this[member].Enter);

    private static async Task RunAsync(string script, params IReadOnlyList<string> enter)
    {
        string[] command = [.. enter, "sh", "-c", script];
        CommandResult result = await Command.RunAsync(command[0], command[1..]);
        result.ExitCode.ShouldBe(0, $"{script}: {result.Said}");
    }
}
