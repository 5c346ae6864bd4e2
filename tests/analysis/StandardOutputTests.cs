using System.IO.Pipes;
using Game.Analysis.Results;

namespace Game.Analysis.Tests;

/// <summary>What is written for pipes.</summary>
public sealed class StandardOutputTests
{
    [Fact]
    public void What_is_written_arrives()
    {
        using var reader = new AnonymousPipeServerStream(PipeDirection.In);
        using (var output = new StreamWriter(new StandardOutput((int)reader.ClientSafePipeHandle.DangerousGetHandle())))
            output.Write("a,b\n1,é\n");
        reader.DisposeLocalCopyOfClientHandle();
        using var text = new StreamReader(reader);
        text.ReadToEnd().ShouldBe("a,b\n1,é\n");
    }

    [Fact]
    public void Nobody_reading_is_told_once()
    {
        using var reader = new AnonymousPipeServerStream(PipeDirection.In);
        using var writing = new AnonymousPipeClientStream(PipeDirection.Out, reader.ClientSafePipeHandle);
        reader.Dispose();
        using var output = new StandardOutput((int)writing.SafePipeHandle.DangerousGetHandle());
        Should.Throw<OutputClosedException>(() => output.Write("row\n"u8));
        output.Write("what a writer still holds when it is disposed of\n"u8);
    }

    [Fact]
    public void A_full_disk_is_no_closed_pipe()
    {
        using FileStream full = new("/dev/full", FileMode.Open, FileAccess.Write);
        using var output = new StandardOutput((int)full.SafeFileHandle.DangerousGetHandle());
        Should.Throw<IOException>(() => output.Write("row\n"u8)).ShouldNotBeOfType<OutputClosedException>();
    }
}
