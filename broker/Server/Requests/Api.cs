using Broker.Protocol;
using Broker.Server.Scheduling;

namespace Broker.Server.Requests;

/// <summary>
/// One API that this broker serves. The list of what the broker can do (ApiVersions, dispatch, metrics) is derived from these objects and kept nowhere else.
/// </summary>
internal abstract class Api
{
    public abstract ApiKey Key { get; }

    /// <summary>The lowest version that is advertised and dispatched to the handler.</summary>
    public abstract short LowestVersion { get; }

    /// <summary>The highest version that is advertised and dispatched to the handler.</summary>
    public abstract short HighestVersion { get; }

    /// <summary>The first version whose headers and strings are flexible; above <see cref="HighestVersion"/> where none is.</summary>
    public abstract short FirstFlexibleVersion { get; }

    /// <summary>Whether a request may be dispatched while earlier requests of the same kind on its connection are unanswered. Only Produce may.</summary>
    public virtual bool MayRunAhead => false;

    /// <summary>
    /// The response, in version 0, to a version that is not served; null where the broker closes the connection instead. Only ApiVersions has one, because a
    /// client sends it before it knows which versions are served (KIP-511).
    /// </summary>
    public virtual IMessage? AnswerToUnknownVersion => null;

    /// <summary>
    /// Decodes the body and starts its handling. What runs before the task is returned is the dispatch, in arrival order on the connection. The caller may
    /// reuse the frame under <paramref name="body"/> when this call has returned and <see cref="RequestContext.Dispatching"/>, where it is set, has completed.
    /// A null response means that none is sent (acks=0).
    /// </summary>
    /// <exception cref="MalformedMessageException">The body is not a request of this version; the connection is closed.</exception>
    internal abstract ValueTask<IMessage?> Dispatch(ref ProtocolReader body, RequestContext context);
}

/// <summary>The base of every handler: <c>Server/Apis/&lt;Name&gt;Api.cs</c>, opening with the versions served and what each does.</summary>
internal abstract class Api<TRequest, TResponse> : Api
    where TRequest : class, IRequest<TRequest>
    where TResponse : class, IMessage
{
    public sealed override ApiKey Key => TRequest.Key;

    public override short LowestVersion => TRequest.LowestVersion;

    public override short HighestVersion => TRequest.HighestVersion;

    public sealed override short FirstFlexibleVersion => TRequest.FirstFlexibleVersion;

    /// <summary>
    /// Handles one request. The part before the first await is the dispatch: it runs in arrival order on the connection's thread and may block only on the
    /// partition's lock and an append. A <c>records</c> field points into the frame, which is reused when this call returns: the handler must not read the
    /// field after its first await, unless it sets <see cref="RequestContext.Dispatching"/>, whose completion then ends the dispatch. Errors are values in the
    /// response; an exception closes the connection.
    /// </summary>
    /// <returns>The response, whose record payloads the network disposes when they are sent or dropped; null where no response is sent.</returns>
    protected abstract ValueTask<TResponse?> Handle(TRequest request, RequestContext context);

    internal sealed override ValueTask<IMessage?> Dispatch(ref ProtocolReader body, RequestContext context)
    {
        ValueTask<TResponse?> handling = Handle(TRequest.Read(ref body, context.ApiVersion), context);
#pragma warning disable VSTHRD103 // It has completed: nothing blocks.
        return handling.IsCompletedSuccessfully ? new ValueTask<IMessage?>(handling.Completed()) : Widen(handling);
#pragma warning restore VSTHRD103
    }

    private static async ValueTask<IMessage?> Widen(ValueTask<TResponse?> handling) => await handling;
}
