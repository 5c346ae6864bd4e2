namespace Load;

/// <summary>A producer whose acknowledgements are compared with the log.</summary>
public interface IWriter
{
    /// <summary>Stands in its records.</summary>
    string Name { get; }

    /// <summary>Whether its records must be in the log once and in order: it is idempotent.</summary>
    bool IsIdempotent { get; }

    /// <summary>Records whose sending ended with an error: they may be in the log.</summary>
    int Unanswered { get; }

    /// <summary>Acknowledged records of a partition in the order of their acknowledgements. Only when it has ended.</summary>
    IReadOnlyList<Acknowledged> Of(int partition);
}
