using System.Buffers;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Requests;

namespace Broker.Server.Apis;

// ApiVersions, versions 0 to 4.
// 0: the list. 1: with a throttle time. 2: as 1. 3: flexible, the client names its software, which is checked (INVALID_REQUEST), the broker lists features.
// 4: as 3; features whose lowest level is 0 may be listed. A version that does not exist is answered in version 0 with UNSUPPORTED_VERSION (KIP-511).
// Departs from Kafka: only the APIs that are served are listed, in the ranges that their handlers declare.

/// <summary>Lists which APIs are served in which versions: the handlers' own declarations.</summary>
internal sealed class ApiVersionsApi(Func<ApiTable> apis) : Api<ApiVersionsRequest, ApiVersionsResponse>
{
    private const short FirstWithSoftwareName = 3;

    /// <summary>How often the cluster's features have been changed: never, as there are none.</summary>
    private const long NoFeaturesChanged = 0;

    private static readonly SearchValues<char> Inner = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.");

    /// <summary>ApiVersions' own range only, to choose from.</summary>
    public override IMessage? AnswerToUnknownVersion
        => new ApiVersionsResponse { ErrorCode = (short)ErrorCode.UnsupportedVersion, ApiKeys = [VersionsOf(this)] };

    protected override ValueTask<ApiVersionsResponse?> Handle(ApiVersionsRequest request, RequestContext context)
    {
        bool named = context.ApiVersion < FirstWithSoftwareName
            || (IsSoftwareName(request.ClientSoftwareName) && IsSoftwareName(request.ClientSoftwareVersion));
        return new ValueTask<ApiVersionsResponse?>(named
            ? new ApiVersionsResponse
            {
                ThrottleTimeMs = context.ThrottleTimeMs, FinalizedFeaturesEpoch = NoFeaturesChanged, ApiKeys = [.. apis().All.Select(VersionsOf)],
            }
            : new ApiVersionsResponse { ThrottleTimeMs = context.ThrottleTimeMs, ErrorCode = (short)ErrorCode.InvalidRequest });
    }

    private static ApiVersionsResponse.ApiVersion VersionsOf(Api api)
        => new() { ApiKey = (short)api.Key, MinVersion = api.LowestVersion, MaxVersion = api.HighestVersion };

    /// <summary>Letters, digits, and dashes and dots between them (KIP-511).</summary>
    private static bool IsSoftwareName(string name) =>
        name.Length > 0 && char.IsAsciiLetterOrDigit(name[0]) && char.IsAsciiLetterOrDigit(name[^1]) && !name.AsSpan().ContainsAnyExcept(Inner);
}
