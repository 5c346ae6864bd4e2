using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.AuthenticatedEncryption;
using Microsoft.AspNetCore.DataProtection.AuthenticatedEncryption.ConfigurationModel;

namespace Game.GameServer.Accounts;

/// <summary>The folder of signing keys that all game servers share.</summary>
internal static class KeyRing
{
    private const string LockFile = ".creating";
    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LockRetry = TimeSpan.FromMilliseconds(50);

    public static void Add(IServiceCollection services, string folder) => services.AddDataProtection()
        .SetApplicationName("game-server")
        .PersistKeysToFileSystem(new DirectoryInfo(folder))
        .UseCryptographicAlgorithms(new AuthenticatedEncryptorConfiguration { EncryptionAlgorithm = EncryptionAlgorithm.AES_256_GCM });

    /// <summary>
    /// Makes sure that the folder holds a key, one server at a time. Two servers that start together on an empty folder would otherwise make one key each, and
    /// each would refuse the other's tokens until it reads the folder again.
    /// </summary>
    /// <exception cref="IOException">The folder cannot be written, or another server holds it for longer than ten seconds.</exception>
    public static async Task PrepareAsync(IDataProtectionProvider protection, string folder, TimeProvider time)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await using FileStream held = await HoldAsync(Path.Combine(folder, LockFile), time);
        protection.CreateProtector("Game.GameServer.KeyRing").Protect([]);
    }

    private static async Task<FileStream> HoldAsync(string path, TimeProvider time)
    {
        long start = time.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path) && time.GetElapsedTime(start) < LockTimeout)
            {
                // The system does not signal when another process releases its file lock: try again.
                await Task.Delay(LockRetry, time);
            }
        }
    }
}
