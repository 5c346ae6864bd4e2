using Broker.Storage.Files;

namespace Broker.Simulation.Tests.Cluster;

/// <summary>What is wrong with a broker's disks.</summary>
internal enum DiskState
{
    /// <summary>Nothing.</summary>
    Works,

    /// <summary>Nothing more can be written on any disk.</summary>
    IsFull,

    /// <summary>One of the disks refuses every change.</summary>
    IsBroken,
}

/// <summary>A simulated disk that fails while it is told to.</summary>
internal sealed class DiskFault(string brokenFolder)
{
    /// <summary>Linux's EIO.</summary>
    private const int InputOutputError = 5;

    public DiskState State { get; set; }

    /// <summary>For <see cref="InMemoryFileSystem.BeforeChange"/>.</summary>
    /// <exception cref="IOException">The disk is full or broken.</exception>
    public void BeforeChange(FileChange change, string path)
    {
        switch (State)
        {
            case DiskState.IsFull when change is FileChange.Create or FileChange.CreateDirectory or FileChange.Write:
                throw new IOException("No space left on device", Shortage.NoSpace);
            case DiskState.IsBroken when path.StartsWith(brokenFolder, StringComparison.Ordinal):
                throw new IOException("Input/output error", InputOutputError);
        }
    }
}
