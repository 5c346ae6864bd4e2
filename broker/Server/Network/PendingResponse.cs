using Broker.Protocol;
using Broker.Server.Requests;

namespace Broker.Server.Network;

/// <summary>A dispatched request whose answer has not been sent yet.</summary>
/// <param name="Api">Its handler.</param>
/// <param name="Context">The request.</param>
/// <param name="Response">Completes with the answer; null where the request gets none.</param>
/// <param name="ResponseVersion">The version to answer in: the request's, but for the one downgrade that ApiVersions knows.</param>
/// <param name="ArrivedAt">Stamp of the clock when the frame was whole.</param>
internal readonly record struct PendingResponse(Api Api, RequestContext Context, ValueTask<IMessage?> Response, short ResponseVersion, long ArrivedAt);
