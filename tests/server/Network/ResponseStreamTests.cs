using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Network;

namespace Broker.Server.Tests.Network;

public class ResponseStreamTests
{
    private static readonly byte[] Fetch = TestClient.Frame(new FetchRequest { MaxWaitMs = 0 }, 12, 5);

    [Theory]
    [InlineData(1, true)]
    [InlineData(1000, false)]
    [InlineData(NetworkOptions.PieceBytes, true)]
    [InlineData((3 * NetworkOptions.PieceBytes) + 17, true)]
    [InlineData((3 * NetworkOptions.PieceBytes) + 17, false)]
    public async Task Records_arrive_whole_whatever_their_length(int length, bool isCached)
    {
        PatternRecords records = new(length, isCached);
        await using TestServer server = new(apis: [new ScriptedFetch { Records = () => records }]);
        using TestClient client = server.Connect();
        await client.Send(Fetch);
        byte[] frame = await client.Receive();
        RecordsOf(frame).ToArray().ShouldBe(Enumerable.Range(0, length).Select(PatternRecords.At));
        records.LargestRead.ShouldBeLessThanOrEqualTo(NetworkOptions.PieceBytes);
    }

    [Fact]
    public async Task Records_are_disposed_once_sent()
    {
        PatternRecords records = new(100_000, isCached: true);
        await using TestServer server = new(apis: [new ScriptedFetch { Records = () => records }]);
        using TestClient client = server.Connect();
        await client.Send(Fetch, TestClient.Frame(new ApiVersionsRequest(), 0, 6));
        await client.Receive();
        await client.Receive();
        records.Disposals.ShouldBe(1);
    }

    [Fact]
    public async Task Announced_records_that_are_missing_from_the_log_close_the_connection()
    {
        PatternRecords records = new(1_000_000, isCached: true, goneAfter: 500_000);
        await using TestServer server = new(apis: [new ScriptedFetch { Records = () => records }]);
        using TestClient client = server.Connect();
        await client.Send(Fetch);
        await Should.ThrowAsync<Exception>(client.Receive);
        await Task.Run(() => SpinWait.SpinUntil(() => records.Disposals == 1, TimeSpan.FromSeconds(10)).ShouldBeTrue());
    }

    [Fact]
    public async Task Clients_that_stop_reading_delay_no_others()
    {
        const int Length = 2 << 20;
        await using TestServer server = new(new NetworkOptions { SendBufferBytes = 8 << 10 },
            apis: [new ScriptedFetch { Records = () => new PatternRecords(Length, isCached: true) }]);
        TestClient[] stuck = [.. Enumerable.Range(0, 300).Select(_ => new TestClient(server.Port, receiveBuffer: 4 << 10))];
        foreach (TestClient client in stuck)
        {
            await client.Send(Fetch);
        }
        using TestClient bystander = server.Connect();
        await bystander.Send(Fetch);
        (await bystander.Receive()).Length.ShouldBeGreaterThan(Length);
        foreach (TestClient client in stuck)
        {
            client.Dispose();
        }
    }

    private static ReadOnlyMemory<byte> RecordsOf(byte[] frame)
    {
        ProtocolReader reader = new(frame);
        ResponseHeader.Read(ref reader, 1);
        FetchResponse response = FetchResponse.Read(ref reader, 12);
        return ((MemoryRecords)response.Responses[0].Partitions[0].Records!).Memory;
    }
}
