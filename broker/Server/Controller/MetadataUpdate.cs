using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.InterBroker;

namespace Broker.Server.Controller;

/// <summary>
/// UpdateMetadata for one broker. What an event changes goes to all brokers alike but for the epoch of each, so it is encoded once, when the first connection
/// needs its bytes.
/// </summary>
internal sealed class MetadataUpdate : IRequest<MetadataUpdate>
{
    /// <summary>Where the broker epoch stands in the version between brokers: behind the controller's id, its kind and its epoch.</summary>
    private const int EpochAt = sizeof(int) + sizeof(bool) + sizeof(int);

    private readonly Lazy<byte[]> _encoded;

    internal MetadataUpdate(UpdateMetadataRequest request)
        : this(request, new Lazy<byte[]>(() => Encode(request)))
    {
    }

    private MetadataUpdate(UpdateMetadataRequest request, Lazy<byte[]> encoded) => (Request, _encoded) = (request, encoded);

    /// <summary>The update itself; the one broker's own but for its topics and brokers.</summary>
    internal UpdateMetadataRequest Request { get; }

    /// <summary>The same update for another broker, or another life of it.</summary>
    internal MetadataUpdate For(long brokerEpoch) => new(
        new UpdateMetadataRequest
        {
            ControllerId = Request.ControllerId,
            ControllerEpoch = Request.ControllerEpoch,
            BrokerEpoch = brokerEpoch,
            TopicStates = Request.TopicStates,
            LiveBrokers = Request.LiveBrokers,
        },
        _encoded);

    public static ApiKey Key => UpdateMetadataRequest.Key;

    public static short LowestVersion => InterBrokerVersions.UpdateMetadata;

    public static short HighestVersion => InterBrokerVersions.UpdateMetadata;

    public static short FirstFlexibleVersion => UpdateMetadataRequest.FirstFlexibleVersion;

    public static MetadataUpdate Read(ref ProtocolReader reader, short version) => new(UpdateMetadataRequest.Read(ref reader, version));

    /// <inheritdoc/>
    public void Write(ProtocolWriter writer, short version)
    {
        if (version != InterBrokerVersions.UpdateMetadata)
        {
            throw new UnsupportedVersionException($"UpdateMetadata is sent in version {InterBrokerVersions.UpdateMetadata}, not in {version}");
        }

        ReadOnlySpan<byte> encoded = _encoded.Value;
        writer.WriteRaw(encoded[..EpochAt]);
        writer.WriteInt64(Request.BrokerEpoch);
        writer.WriteRaw(encoded[(EpochAt + sizeof(long))..]);
    }

    private static byte[] Encode(UpdateMetadataRequest request)
    {
        using ProtocolWriter writer = new();
        request.Write(writer, InterBrokerVersions.UpdateMetadata);
        return writer.ToArray();
    }
}
