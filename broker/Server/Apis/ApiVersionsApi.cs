using System.Buffers;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Requests;

namespace Broker.Server.Apis;

// ApiVersions, versions 0 to 4.
// 0: the list. 1: with a throttle time. 2: as 1. 3: flexible; the client names its software, and a malformed name gets INVALID_REQUEST; the broker lists
// features. 4: as 3; features whose lowest level is 0 may be listed.
// The response to a version that this broker does not serve is UNSUPPORTED_VERSION, encoded in version 0 (KIP-511).
// Departs from Kafka: the list holds only the APIs that this broker serves, in the version ranges that their handlers declare.

/// <summary>Lists the APIs that this broker serves and their version ranges, as their handlers declare them.</summary>
internal sealed class ApiVersionsApi(Func<ApiTable> apis) : Api<ApiVersionsRequest, ApiVersionsResponse>
{
    private const short FirstWithSoftwareName = 3;

    /// <summary>The epoch of the cluster's finalized features: 0, because there are no features to finalize.</summary>
    private const long NoFeaturesEpoch = 0;

    private static readonly SearchValues<char> SoftwareNameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.");

    /// <summary>Lists only the version range of ApiVersions itself; the client chooses a version from it and asks again.</summary>
    public override IMessage? AnswerToUnknownVersion
        => new ApiVersionsResponse { ErrorCode = (short)ErrorCode.UnsupportedVersion, ApiKeys = [VersionsOf(this)] };

    protected override ValueTask<ApiVersionsResponse?> Handle(ApiVersionsRequest request, RequestContext context)
    {
        bool isAccepted = context.ApiVersion < FirstWithSoftwareName
            || (IsSoftwareName(request.ClientSoftwareName) && IsSoftwareName(request.ClientSoftwareVersion));
        return new ValueTask<ApiVersionsResponse?>(isAccepted
            ? new ApiVersionsResponse
            {
                ThrottleTimeMs = context.ThrottleTimeMs, FinalizedFeaturesEpoch = NoFeaturesEpoch, ApiKeys = [.. apis().All.Select(VersionsOf)],
            }
            : new ApiVersionsResponse { ThrottleTimeMs = context.ThrottleTimeMs, ErrorCode = (short)ErrorCode.InvalidRequest });
    }

    private static ApiVersionsResponse.ApiVersion VersionsOf(Api api)
        => new() { ApiKey = (short)api.Key, MinVersion = api.LowestVersion, MaxVersion = api.HighestVersion };

    /// <summary>Whether the name consists of letters, digits, dashes and dots, and begins and ends with a letter or a digit (KIP-511).</summary>
    private static bool IsSoftwareName(string name) =>
        name.Length > 0 && char.IsAsciiLetterOrDigit(name[0]) && char.IsAsciiLetterOrDigit(name[^1])
        && !name.AsSpan().ContainsAnyExcept(SoftwareNameCharacters);
}
