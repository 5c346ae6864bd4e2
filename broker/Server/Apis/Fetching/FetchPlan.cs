using Broker.Protocol;
using Broker.Protocol.Messages;

namespace Broker.Server.Apis.Fetching;

/// <summary>How a fetch request relates to sessions.</summary>
internal enum FetchKind
{
    /// <summary>All partitions are in the request, all are answered, nothing is remembered.</summary>
    Sessionless,

    /// <summary>The same, and a session is wanted.</summary>
    Full,

    /// <summary>Only changes are in the request, only news are answered.</summary>
    Incremental,
}

/// <summary>What one fetch request is about: its partitions in their order, and how to answer them.</summary>
internal sealed record FetchPlan(FetchKind Kind, FetchEntry[] Entries, FetchSession? Session, bool UsesTopicIds, bool IsFollower)
{
    private const int InitialEpoch = 0;
    private const int FinalEpoch = -1;
    private const short FirstWithSessions = 7;
    private const short FirstWithTopicIds = 13;

    /// <summary>Reads a request against the sessions; an error is for the response as a whole.</summary>
    public static (ErrorCode Error, FetchPlan? Plan) Of(FetchRequest request, short version, bool isFollower, FetchSessionCache sessions, long nowMs)
    {
        bool usesTopicIds = version >= FirstWithTopicIds;
        if (version < FirstWithSessions || request.SessionEpoch is InitialEpoch or FinalEpoch)
        {
            if (version >= FirstWithSessions && request.SessionId != 0)
            {
                sessions.Remove(request.SessionId);
            }

            FetchKind kind = version >= FirstWithSessions && request.SessionEpoch == InitialEpoch ? FetchKind.Full : FetchKind.Sessionless;
            return (ErrorCode.None, new FetchPlan(kind, EntriesOf(request, usesTopicIds), null, usesTopicIds, isFollower));
        }

        if (sessions.Find(request.SessionId, nowMs) is not { } session)
        {
            return (ErrorCode.FetchSessionIdNotFound, null);
        }

        lock (session.Gate)
        {
            return Continue(request, session, usesTopicIds, isFollower, sessions, nowMs);
        }
    }

    /// <summary>Finishes the answer: the session's memory, and in an incremental one only what is new.</summary>
    public FetchResponse Answer(FetchResponse.PartitionData[] data, FetchSessionCache sessions, long nowMs)
    {
        if (Kind == FetchKind.Incremental)
        {
            lock (Session!.Gate)
            {
                return new FetchResponse { SessionId = Session.Id, Responses = Group(data, News(data)) };
            }
        }

        int sessionId = 0;
        if (Kind == FetchKind.Full)
        {
            for (int i = 0; i < data.Length; i++)
            {
                Entries[i].Note(data[i]);
            }

            sessionId = sessions.TryCreate(Entries, UsesTopicIds, IsFollower, nowMs)?.Id ?? 0;
        }

        return new FetchResponse { SessionId = sessionId, Responses = Group(data, news: null) };
    }

    private static (ErrorCode Error, FetchPlan? Plan) Continue(
        FetchRequest request, FetchSession session, bool usesTopicIds, bool isFollower, FetchSessionCache sessions, long nowMs)
    {
        if (session.NextEpoch != request.SessionEpoch)
        {
            return (ErrorCode.InvalidFetchSessionEpoch, null);
        }

        if (session.UsesTopicIds != usesTopicIds)
        {
            return (ErrorCode.FetchSessionTopicIdError, null);
        }

        if (session.CountNew(request) is var added and > 0 && !sessions.TryGrow(session, added, nowMs))
        {
            return (ErrorCode.FetchSessionIdNotFound, null);
        }

        session.Update(request);
        if (session.Count == 0)
        {
            sessions.Remove(session.Id);
            return (ErrorCode.None, new FetchPlan(FetchKind.Sessionless, [], null, usesTopicIds, isFollower));
        }

        session.Advance();
        return (ErrorCode.None, new FetchPlan(FetchKind.Incremental, session.Entries(), session, usesTopicIds, isFollower));
    }

    private static FetchEntry[] EntriesOf(FetchRequest request, bool usesTopicIds)
    {
        FetchEntry[] entries = new FetchEntry[request.Topics.Sum(t => t.Partitions.Length)];
        int at = 0;
        foreach (FetchRequest.FetchTopic topic in request.Topics)
        {
            foreach (FetchRequest.FetchPartition partition in topic.Partitions)
            {
                FetchKey key = usesTopicIds ? new FetchKey("", topic.TopicId, partition.Partition) : new FetchKey(topic.Topic, Guid.Empty, partition.Partition);
                entries[at] = new FetchEntry(key);
                entries[at++].Update(partition);
            }
        }

        return entries;
    }

    private bool[] News(FetchResponse.PartitionData[] data)
    {
        bool[] news = new bool[data.Length];
        for (int i = 0; i < data.Length; i++)
        {
            news[i] = Entries[i].Note(data[i]);
            if ((data[i].Records?.Length ?? 0) > 0)
            {
                Session!.MoveLast(Entries[i]);
            }
        }

        return news;
    }

    /// <summary>Neighbours of one topic go under one name; what is no news is left out.</summary>
    private FetchResponse.FetchableTopicResponse[] Group(FetchResponse.PartitionData[] data, bool[]? news)
    {
        List<FetchResponse.FetchableTopicResponse> topics = [];
        for (int i = 0; i < data.Length;)
        {
            FetchKey key = Entries[i].Key;
            int end = i;
            int told = 0;
            while (end < data.Length && Entries[end].Key.TopicId == key.TopicId && Entries[end].Key.Topic == key.Topic)
            {
                told += news is null || news[end] ? 1 : 0;
                end++;
            }

            if (told > 0)
            {
                FetchResponse.PartitionData[] partitions = new FetchResponse.PartitionData[told];
                for (int from = i, to = 0; from < end; from++)
                {
                    if (news is null || news[from])
                    {
                        partitions[to++] = data[from];
                    }
                }

                topics.Add(new() { Topic = key.Topic, TopicId = key.TopicId, Partitions = partitions });
            }

            i = end;
        }

        return [.. topics];
    }
}
