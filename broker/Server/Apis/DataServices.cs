using Broker.Protocol.Records;
using Broker.Server.Metadata;
using Broker.Server.Partitions;
using Broker.Server.Requests;
using Broker.Server.Security;
using Broker.Server.Time;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Apis;

/// <summary>What the handlers of the data path (Produce, Fetch, ListOffsets, OffsetForLeaderEpoch) share.</summary>
/// <param name="Partitions">The partitions that this broker hosts.</param>
/// <param name="Metadata">The cluster's metadata as the controller last sent it.</param>
/// <param name="Authorizer">Decides which topics a client may read and write.</param>
/// <param name="Wheel">Runs the time-outs of waiting fetches.</param>
/// <param name="Clock">Wall time for reading logs, monotonic time for fetch sessions.</param>
/// <param name="Cold">Runs the work that may block on a disk.</param>
/// <param name="Decompression">Limits the memory for decompressing batches.</param>
/// <param name="Logger">Logs what the data path's handlers report.</param>
internal sealed record DataServices(
    PartitionTable Partitions, MetadataCache Metadata, IAuthorizer Authorizer, TimingWheel Wheel, TimeProvider Clock, DirectoryThreads Cold,
    DecompressionBound Decompression, ILogger Logger)
{
    public bool MayTopic(RequestContext context, AclOperation operation, string topic) =>
        Authorizer.Allows(context, operation, ResourceType.Topic, topic);
}
