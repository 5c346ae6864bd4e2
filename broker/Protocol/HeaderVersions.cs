namespace Broker.Protocol;

/// <summary>
/// Which header version belongs to a version of an API. Versions above the known ones count as flexible, so that their headers can still be read.
/// </summary>
public static class HeaderVersions
{
    /// <summary>The request header's version, 0 to 2; -1 for an API without a schema.</summary>
    public static short OfRequest(ApiKey key, short version)
    {
        if (ApiVersionTable.Find(key) is not { } range)
        {
            return -1;
        }
        if (range.IsFlexible(version))
        {
            return 2;
        }
        // ControlledShutdown is older than the header's client id.
        return key == ApiKey.ControlledShutdown && version == 0 ? (short)0 : (short)1;
    }

    /// <summary>The response header's version, 0 or 1; -1 for an API without a schema.</summary>
    public static short OfResponse(ApiKey key, short version)
    {
        if (ApiVersionTable.Find(key) is not { } range)
        {
            return -1;
        }
        // A client asks ApiVersions before it knows what the broker can do, so its answer always has the oldest header (KIP-511).
        return key != ApiKey.ApiVersions && range.IsFlexible(version) ? (short)1 : (short)0;
    }
}
