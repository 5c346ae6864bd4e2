using Broker.Protocol;
using Broker.Protocol.Messages;

namespace Broker.Server.Apis.Fetching;

/// <summary>The session that a fetch request uses, and whether the request asks the broker to create it.</summary>
internal sealed record FetchPlan(FetchSession Session, bool WantsSession)
{
    private const int InitialEpoch = 0;
    private const int FinalEpoch = -1;
    private const short FirstWithSessions = 7;
    private const short FirstWithTopicIds = 13;

    /// <summary>Finds or makes the session of a request; an error is the error of the whole response.</summary>
    public static (ErrorCode Error, FetchPlan? Plan) Of(FetchRequest request, short version, bool isFollower, FetchSessionCache sessions, long nowMs)
    {
        bool usesTopicIds = version >= FirstWithTopicIds;
        if (version < FirstWithSessions || request.SessionEpoch is InitialEpoch or FinalEpoch)
        {
            if (version >= FirstWithSessions && request.SessionId != 0)
            {
                sessions.Remove(request.SessionId);
            }

            FetchSession newSession = new(usesTopicIds, isFollower);
            newSession.Update(request);
            return (ErrorCode.None, new FetchPlan(newSession, WantsSession: version >= FirstWithSessions && request.SessionEpoch == InitialEpoch));
        }

        return sessions.Find(request.SessionId, nowMs) is { } session
            ? Continue(request, session, usesTopicIds, sessions, nowMs)
            : (ErrorCode.FetchSessionIdNotFound, null);
    }

    private static (ErrorCode Error, FetchPlan? Plan) Continue(
        FetchRequest request, FetchSession session, bool usesTopicIds, FetchSessionCache sessions, long nowMs)
    {
        int added;
        lock (session.Gate)
        {
            if (session.NextEpoch != request.SessionEpoch)
            {
                return (ErrorCode.InvalidFetchSessionEpoch, null);
            }

            if (session.UsesTopicIds != usesTopicIds)
            {
                return (ErrorCode.FetchSessionTopicIdError, null);
            }

            session.AdvanceEpoch();
            added = session.CountNew(request);
        }

        if (added > 0 && !sessions.TryGrow(session, added, nowMs))
        {
            return (ErrorCode.FetchSessionIdNotFound, null);
        }

        lock (session.Gate)
        {
            session.Update(request);
            session.Forget(request);
        }

        if (session.Count > 0)
        {
            return (ErrorCode.None, new FetchPlan(session, WantsSession: false));
        }

        sessions.Remove(session.Id);
        return (ErrorCode.None, new FetchPlan(new FetchSession(usesTopicIds, session.IsFollower), WantsSession: false));
    }
}
