using System.Runtime.InteropServices;

namespace Game.Analysis.Results;

/// <summary>The reader of the standard output has closed it, as <c>| head</c> does.</summary>
internal sealed class OutputClosedException() : IOException("The reader of the output has closed it.");

/// <summary>
/// The standard output for results of any length. .NET's console stream ignores that its reader has closed the pipe, so a query would produce all its rows for
/// nothing; .NET's file streams keep an offset of their own, and so overwrite what other programs write to the same file. Unbuffered; for one caller at a time.
/// </summary>
internal sealed partial class StandardOutput : Stream
{
    private const int StandardOutputDescriptor = 1;
    private const int BufferBytes = 64 * 1024;

    // errno(3) on Linux.
    private const int Interrupted = 4;
    private const int TryAgain = 11;
    private const int BrokenPipe = 32;
    private const short Writable = 4; // POLLOUT

    private readonly int _descriptor;
    private bool _closed;

    internal StandardOutput(int descriptor) => _descriptor = descriptor;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>A writer with a buffer, to be disposed of when all is written.</summary>
    public static StreamWriter OpenWriter() => new(new StandardOutput(StandardOutputDescriptor), bufferSize: BufferBytes);

    /// <exception cref="OutputClosedException">The reader has closed the output. Thrown once; later writes do nothing.</exception>
    /// <exception cref="IOException">The write fails, for example because the disk is full.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty && !_closed)
        {
            nint written = Write(_descriptor, buffer, buffer.Length);
            if (written >= 0)
            {
                buffer = buffer[(int)written..];
            }
            else
            {
                Handle(Marshal.GetLastPInvokeError());
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // There is no buffer.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Handle(int error)
    {
        switch (error)
        {
            case Interrupted:
                break;
            case TryAgain: // another program made the terminal non-blocking: wait until it accepts more
                PollEntry one = new() { Descriptor = _descriptor, Events = Writable };
                _ = Poll(ref one, 1, -1);
                break;
            case BrokenPipe:
                _closed = true;
                throw new OutputClosedException();
            default:
                throw new IOException(Marshal.GetPInvokeErrorMessage(error));
        }
    }

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int descriptor, ReadOnlySpan<byte> bytes, nint count);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollEntry entries, nuint count, int timeoutMs);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
