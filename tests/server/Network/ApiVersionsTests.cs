using Broker.Protocol;
using Broker.Protocol.Messages;

namespace Broker.Server.Tests.Network;

public class ApiVersionsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task The_list_is_what_the_handlers_declare(short version)
    {
        await using TestServer server = new(apis: [new ScriptedHeartbeat(), new ScriptedProduce()]);
        ApiVersionsResponse response = await Ask(server, version, new ApiVersionsRequest { ClientSoftwareName = "test", ClientSoftwareVersion = "1.0-rc.2" });
        response.ErrorCode.ShouldBe((short)ErrorCode.None);
        response.ApiKeys.Select(k => ((ApiKey)k.ApiKey, k.MinVersion, k.MaxVersion)).ShouldBe(
            [(ApiKey.Produce, (short)0, (short)11), (ApiKey.Heartbeat, (short)0, (short)4), (ApiKey.ApiVersions, (short)0, (short)4)]);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(short.MaxValue)]
    [InlineData(-1)]
    public async Task A_version_that_does_not_exist_is_answered_in_version_0_with_the_range(short version)
    {
        await using TestServer server = new();
        using TestClient client = server.Connect();
        await client.Send(TestClient.Raw(13, [0, 18, (byte)(version >> 8), (byte)version, 0, 0, 0, 42, 0, 1, (byte)'x', 200, 200]));
        byte[] frame = await client.Receive();
        ApiVersionsResponse response = Read(frame, 0, out int correlationId);
        correlationId.ShouldBe(42);
        response.ErrorCode.ShouldBe((short)ErrorCode.UnsupportedVersion);
        response.ApiKeys.Select(k => (k.ApiKey, k.MinVersion, k.MaxVersion)).ShouldBe([((short)18, (short)0, (short)4)]);
        await client.Send(TestClient.Frame(new ApiVersionsRequest { ClientSoftwareName = "x", ClientSoftwareVersion = "1" }, 4, 43));
        (await client.ReceiveCorrelationId()).ShouldBe(43);
    }

    [Theory]
    [InlineData("", "1")]
    [InlineData("-x", "1")]
    [InlineData("x", "1.")]
    [InlineData("a b", "1")]
    [InlineData("x", "1_0")]
    public async Task Invalid_client_software_names_are_refused_from_version_3(string name, string softwareVersion)
    {
        await using TestServer server = new();
        ApiVersionsRequest request = new() { ClientSoftwareName = name, ClientSoftwareVersion = softwareVersion };
        (await Ask(server, 3, request)).ErrorCode.ShouldBe((short)ErrorCode.InvalidRequest);
        (await Ask(server, 4, request)).ErrorCode.ShouldBe((short)ErrorCode.InvalidRequest);
    }

    private static async Task<ApiVersionsResponse> Ask(TestServer server, short version, ApiVersionsRequest request)
    {
        using TestClient client = server.Connect();
        await client.Send(TestClient.Frame(version < 3 ? new ApiVersionsRequest() : request, version, 1));
        return Read(await client.Receive(), version, out _);
    }

    private static ApiVersionsResponse Read(byte[] frame, short version, out int correlationId)
    {
        ProtocolReader reader = new(frame);
        correlationId = ResponseHeader.Read(ref reader, 0).CorrelationId;
        return ApiVersionsResponse.Read(ref reader, version);
    }
}
