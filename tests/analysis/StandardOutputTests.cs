using System.IO.Pipes;
using Game.Analysis.Results;

namespace Game.Analysis.Tests;

/// <summary>Writes to pipes and files.</summary>
public sealed class StandardOutputTests
{
    [Fact]
    public void Written_text_reaches_the_reader()
    {
        using AnonymousPipeServerStream reader = new(PipeDirection.In);
        using (StreamWriter output = new(new StandardOutput((int)reader.ClientSafePipeHandle.DangerousGetHandle())))
        {
            output.Write("a,b\n1,é\n");
        }
        reader.DisposeLocalCopyOfClientHandle();
        using StreamReader text = new(reader);
        text.ReadToEnd().ShouldBe("a,b\n1,é\n");
    }

    [Fact]
    public void A_closed_reader_is_reported_once()
    {
        using AnonymousPipeServerStream reader = new(PipeDirection.In);
        using AnonymousPipeClientStream writing = new(PipeDirection.Out, reader.ClientSafePipeHandle);
        reader.Dispose();
        using StandardOutput output = new((int)writing.SafePipeHandle.DangerousGetHandle());
        Should.Throw<OutputClosedException>(() => output.Write("row\n"u8));
        output.Write("what a writer still holds when it is disposed of\n"u8);
    }

    [Fact]
    public void A_full_disk_is_not_reported_as_a_closed_pipe()
    {
        using FileStream full = new("/dev/full", FileMode.Open, FileAccess.Write);
        using StandardOutput output = new((int)full.SafeFileHandle.DangerousGetHandle());
        Should.Throw<IOException>(() => output.Write("row\n"u8)).ShouldNotBeOfType<OutputClosedException>();
    }
}
