using System.Text.Json;
using Broker.Protocol.Messages;
using ServedVersions = Broker.Protocol.ApiVersionTable;

namespace Broker.Protocol.Tests.Messages;

public sealed class HeaderTests
{
    [Fact]
    public void RequestHeadersAreKafkas()
    {
        GoldenVector[] vectors = [.. GoldenVector.All.Where(v => v.Message == "RequestHeader")];
        vectors.Select(v => (int)v.Version).Distinct().ShouldBe([0, 1, 2], ignoreOrder: true);
        foreach (GoldenVector vector in vectors)
        {
            ProtocolReader reader = new(vector.Bytes);
            RequestHeader header = RequestHeader.Read(ref reader, vector.Version);
            reader.Remaining.ShouldBe(0);
            ((short)header.ApiKey).ShouldBe(vector.Json.GetProperty("requestApiKey").GetInt16());
            header.ApiVersion.ShouldBe(vector.Json.GetProperty("requestApiVersion").GetInt16());
            header.CorrelationId.ShouldBe(vector.Json.GetProperty("correlationId").GetInt32());
            header.ClientId.ShouldBe(vector.Json.TryGetProperty("clientId", out JsonElement id) ? id.GetString() : null);
            using ProtocolWriter writer = new();
            header.Write(writer, vector.Version);
            writer.ToArray().ShouldBe(vector.Bytes, vector.ToString());
        }
    }

    [Fact]
    public void ResponseHeadersAreKafkas()
    {
        GoldenVector[] vectors = [.. GoldenVector.All.Where(v => v.Message == "ResponseHeader")];
        vectors.Select(v => (int)v.Version).Distinct().ShouldBe([0, 1], ignoreOrder: true);
        foreach (GoldenVector vector in vectors)
        {
            ProtocolReader reader = new(vector.Bytes);
            ResponseHeader header = ResponseHeader.Read(ref reader, vector.Version);
            reader.Remaining.ShouldBe(0);
            header.CorrelationId.ShouldBe(vector.Json.GetProperty("correlationId").GetInt32());
            using ProtocolWriter writer = new();
            header.Write(writer, vector.Version);
            writer.ToArray().ShouldBe(vector.Bytes, vector.ToString());
        }
    }

    [Fact]
    public void HeadersFollowTheVersionOfTheBody()
    {
        foreach (ApiKey key in Enum.GetValues<ApiKey>())
        {
            if (ServedVersions.Find(key) is not { } range)
            {
                HeaderVersions.OfRequest(key, 0).ShouldBe((short)-1);
                continue;
            }

            MessageType request = MessageType.All[key + "Request"];
            range.ShouldBe(new ApiVersionRange(request.Lowest, request.Highest, request.FirstFlexible));
            for (short version = range.Lowest; version <= range.Highest; version++)
            {
                bool flexible = version >= range.FirstFlexible;
                HeaderVersions.OfRequest(key, version).ShouldBe((short)(flexible ? 2 : key == ApiKey.ControlledShutdown && version == 0 ? 0 : 1));
                HeaderVersions.OfResponse(key, version).ShouldBe((short)(flexible && key != ApiKey.ApiVersions ? 1 : 0));
            }
        }
    }

    [Fact]
    public void TheHeaderOfATooNewApiVersionsIsReadable()
    {
        using ProtocolWriter writer = new();
        new RequestHeader(ApiKey.ApiVersions, 99, 7, "later").Write(writer, headerVersion: 2);
        writer.WriteRaw([0xff, 0xff, 0xff]);
        ProtocolReader reader = new(writer.ToArray());
        RequestHeader.Read(ref reader).ShouldBe(new RequestHeader(ApiKey.ApiVersions, 99, 7, "later"));
        reader.Remaining.ShouldBe(3);
        HeaderVersions.OfResponse(ApiKey.ApiVersions, 99).ShouldBe((short)0);
    }

    [Fact]
    public void AnUnknownApiIsMalformed()
    {
        using ProtocolWriter writer = new();
        new RequestHeader((ApiKey)1234, 0, 7, "client").Write(writer, headerVersion: 1);
        byte[] bytes = writer.ToArray();
        Should.Throw<MalformedMessageException>(() =>
        {
            ProtocolReader reader = new(bytes);
            RequestHeader.Read(ref reader);
        });
    }

    [Fact]
    public void ApiKeysAreTheRequestsOwn()
    {
        FetchRequest.Key.ShouldBe(ApiKey.Fetch);
        KeyOf<FindCoordinatorRequest>().ShouldBe(ApiKey.FindCoordinator);
    }

    private static ApiKey KeyOf<T>()
        where T : IRequest<T> => T.Key;
}
