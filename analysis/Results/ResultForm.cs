namespace Game.Analysis.Results;

/// <summary>The form of a result.</summary>
internal enum ResultForm
{
    /// <summary>For people: a table, or one field a line where a table does not fit.</summary>
    Table,

    /// <summary>With a header line; null is nothing, an empty text is quoted.</summary>
    Csv,

    /// <summary>One object a line.</summary>
    Json,
}

/// <summary>Takes the results of statements.</summary>
internal interface IResultOutput
{
    ResultForm Form { get; }

    /// <summary>Takes the rows of a statement.</summary>
    void Show(ResultRows rows);

    /// <summary>Takes a sentence about what a statement without rows did.</summary>
    void Say(string sentence);
}
