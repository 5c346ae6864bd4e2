using Broker.Protocol;
using Broker.Server.Partitions;

namespace Broker.Server.Apis.Fetching;

/// <summary>One partition of a fetch, resolved: where to read, or why not.</summary>
/// <param name="Error">Found before reading.</param>
/// <param name="Topic">Its name; empty where the id is unknown.</param>
/// <param name="Index">The partition's number.</param>
/// <param name="Partition">Null with an error.</param>
/// <param name="Query">What to read.</param>
internal readonly record struct FetchItem(ErrorCode Error, string Topic, int Index, Partition? Partition, FetchQuery Query);
