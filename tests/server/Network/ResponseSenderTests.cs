using System.Runtime.InteropServices;
using Broker.Server.Scheduling;
using Broker.Protocol;
using Broker.Server.Network;
using Broker.Server.Partitions;
using Broker.Server.Requests;

namespace Broker.Server.Tests.Network;

public sealed class ResponseSenderTests
{
    [Theory]
    [InlineData(NetworkOptions.DirectBytes, "cork, write 5, direct 32768, write 2, uncork")]
    [InlineData(NetworkOptions.DirectBytes - 1, "write 32774")]
    [InlineData(NetworkOptions.MaxCorkedBytes, "write 5, direct 262144, write 2")]
    public async Task The_socket_is_corked_while_few_records_are_sent_directly(int length, string expected)
    {
        using DirectoryThreads cold = new(PoolScheduler.Instance, 1);
        using ProtocolWriter response = new();
        response.WriteRaw([1, 2]);
        response.WriteNullableRecords(new PlainRecords(length), flexible: true);
        response.WriteRaw([3, 4]);
        using RecordingTransport transport = new();
        await new ResponseSender(new ByteBudget(1 << 20), cold).Send(transport, response);
        transport.Calls.ShouldBe(expected);
    }

    private sealed class PlainRecords(int length) : StreamedRecords
    {
        public override string Directory => "";

        public override int Length => length;

        public override bool IsCached(int position, int count) => true;

        public override int ReadAt(int position, Span<byte> destination) => destination.Length;

        public override int? SendTo(SafeHandle socket, int position, int count) => count;
    }

    private sealed class RecordingTransport : Transport
    {
        private readonly List<string> _calls = [];

        public string Calls => string.Join(", ", _calls);

        public override ValueTask WaitReadable() => ValueTask.CompletedTask;

        public override ValueTask<int> Read(Memory<byte> destination) => new(0);

        public override ValueTask Write(ReadOnlyMemory<byte> bytes)
        {
            _calls.Add($"write {bytes.Length}");
            return ValueTask.CompletedTask;
        }

        public override int? SendDirectly(StreamedRecords records, int position, int count)
        {
            _calls.Add($"direct {count}");
            return count;
        }

        public override void SetCorked(bool corked) => _calls.Add(corked ? "cork" : "uncork");

        public override void Dispose()
        {
        }
    }
}
