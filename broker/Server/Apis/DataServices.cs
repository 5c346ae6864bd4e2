using Broker.Protocol.Records;
using Broker.Server.Metadata;
using Broker.Server.Partitions;
using Broker.Server.Requests;
using Broker.Server.Security;
using Broker.Server.Time;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Apis;

/// <summary>What the handlers of the data path (Produce, Fetch, ListOffsets, OffsetForLeaderEpoch) share.</summary>
/// <param name="Partitions">The partitions here.</param>
/// <param name="Metadata">What this broker knows of the cluster.</param>
/// <param name="Authorizer">Asked for every topic.</param>
/// <param name="Wheel">Time-outs.</param>
/// <param name="Clock">Monotonic stamps.</param>
/// <param name="Cold">For what may wait for a disk.</param>
/// <param name="Decompression">What reading compressed batches may take.</param>
/// <param name="Logger">Of the area.</param>
internal sealed record DataServices(
    PartitionTable Partitions, MetadataCache Metadata, IAuthorizer Authorizer, TimingWheel Wheel, TimeProvider Clock, ColdWork Cold,
    DecompressionBound Decompression, ILogger Logger)
{
    public bool MayTopic(RequestContext context, AclOperation operation, string topic) =>
        Authorizer.Allows(context, operation, ResourceType.Topic, topic);

    public bool MayActForCluster(RequestContext context) =>
        Authorizer.Allows(context, AclOperation.ClusterAction, ResourceType.Cluster, AuthorizedOperations.ClusterName);
}
