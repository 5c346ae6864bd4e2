using System.Diagnostics.Metrics;
using System.Net;
using System.Threading.Channels;
using Broker.Protocol;
using Broker.Server.Config;
using Broker.Server.Network;
using Broker.Server.Requests;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Server.Tests.Network;

/// <summary>How fast a large frame must arrive.</summary>
public class LargeFramePaceTests
{
    private const int Declared = 100 << 20;

    /// <summary>A Produce of version 9.</summary>
    private static readonly byte[] Head = TestClient.Raw(Declared, 0, 0, 0, 9);

    [Theory]
    [InlineData(false, NetworkOptions.ProgressBytes, false)]
    [InlineData(true, NetworkOptions.ProgressBytes, true)]
    [InlineData(true, Declared / 50, false)]
    public async Task A_frame_that_arrives_slowly_closes_its_connection_while_others_wait_for_memory(bool othersWait, int bytesASecond, bool isClosed)
    {
        FakeTimeProvider time = new();
        using Meter meter = new("test");
        ApiTable apis = new([new ScriptedProduce()]);
        using ConnectionServices services = new(
            new NetworkOptions { LargeFramesBytes = Declared, MaxIdle = TimeSpan.Zero }, apis, new NetworkMetrics(meter, apis.All, () => 1),
                NullLogger.Instance, time);
        using GivenBytes bytes = new();
        Connection connection = new(1, new Listener("PLAINTEXT", SecurityProtocol.Plaintext, "127.0.0.1", 9092), IPAddress.Loopback, bytes, services);
        Task running = connection.Run();
        await bytes.Give(Head);
        services.LargeFrames.Reserved.ShouldBe(Declared);
        Task waiting = othersWait ? services.LargeFrames.Reserve(1, CancellationToken.None).AsTask() : Task.CompletedTask;
        for (int second = 0; second < 30 && !bytes.HasEnded; second++)
        {
            await bytes.Give(new byte[bytesASecond]);
            connection.Sweep(time.GetTimestamp());
            time.Advance(NetworkOptions.SweepInterval);
        }

        bytes.HasEnded.ShouldBe(isClosed);
        connection.Close("the test ends");
        await running;
        await waiting;
    }

    /// <summary>A transport whose bytes the test provides.</summary>
    private sealed class GivenBytes : Transport
    {
        private readonly Channel<byte[]> _given = Channel.CreateUnbounded<byte[]>();
        private ReadOnlyMemory<byte> _rest;
        private long _total;
        private long _handed;
        private long _counted;

        public bool HasEnded => _given.Reader.Completion.IsCompleted;

        /// <summary>Completes when the connection has read the bytes and reads again.</summary>
        public Task Give(byte[] bytes)
        {
            _total += bytes.Length;
            _given.Writer.TryWrite(bytes).ShouldBeTrue();
            return Task.Run(() => SpinWait.SpinUntil(() => Volatile.Read(ref _counted) == _total, TimeSpan.FromSeconds(10)).ShouldBeTrue());
        }

        public override async ValueTask WaitReadable()
        {
            if (_rest.IsEmpty)
            {
                _rest = await Next();
            }
        }

        public override async ValueTask<int> Read(Memory<byte> destination)
        {
            Volatile.Write(ref _counted, _handed);
            if (_rest.IsEmpty)
            {
                _rest = await Next();
            }
            int count = Math.Min(_rest.Length, destination.Length);
            _rest[..count].CopyTo(destination);
            _rest = _rest[count..];
            _handed += count;
            return count;
        }

        public override ValueTask Write(ReadOnlyMemory<byte> bytes) => ValueTask.CompletedTask;

        public override void Dispose() => _given.Writer.TryComplete(new ObjectDisposedException(nameof(GivenBytes)));

        private async ValueTask<byte[]> Next()
        {
            try
            {
                return await _given.Reader.ReadAsync();
            }
            catch (ChannelClosedException ended)
            {
                throw new ObjectDisposedException("The connection has been closed.", ended);
            }
        }
    }
}
