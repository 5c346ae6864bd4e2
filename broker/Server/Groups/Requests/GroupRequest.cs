using Broker.Protocol;
using Broker.Server.Groups.State;

namespace Broker.Server.Groups.Requests;

/// <summary>Something that happens to a group.</summary>
internal abstract record GroupEvent;

/// <summary>Something that a client asks of a group.</summary>
internal abstract record GroupRequest : GroupEvent
{
    /// <summary>Whether "" is a group: early clients commit without a name, and such groups can be looked at and deleted.</summary>
    public virtual bool AllowsEmptyGroupId => false;

    /// <summary>Whether a group that is not known is made, empty, for this request.</summary>
    public virtual bool CreatesGroup => false;

    /// <summary>Answers with an error of the coordinator.</summary>
    public abstract void Refuse(ErrorCode error);

    /// <summary>Answers for a group that is not known.</summary>
    public abstract void AnswerUnknownGroup();

    /// <summary>The handling has failed with a bug.</summary>
    public abstract void Fail(Exception failure);
}

/// <summary>A request with its kind of answer.</summary>
internal abstract record GroupRequest<T> : GroupRequest
{
    public Reply<T> Reply { get; } = new();

    public sealed override void Refuse(ErrorCode error) => Reply.Give(Refusal(error));

    public sealed override void AnswerUnknownGroup() => Reply.Give(UnknownGroup());

    public sealed override void Fail(Exception failure) => Reply.Fail(failure);

    /// <summary>The answer that carries an error of the coordinator: loading, elsewhere, not available, an invalid group id.</summary>
    protected abstract T Refusal(ErrorCode error);

    protected abstract T UnknownGroup();
}
