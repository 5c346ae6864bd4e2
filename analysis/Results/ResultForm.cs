namespace Game.Analysis.Results;

/// <summary>The form of a result.</summary>
internal enum ResultForm
{
    /// <summary>For people: a table, or one field a line where a table does not fit.</summary>
    Table,

    /// <summary>CSV with a header line; a null is an empty field, an empty text is <c>""</c>.</summary>
    Csv,

    /// <summary>One JSON object on each line.</summary>
    Json,
}

/// <summary>Shows the results of statements.</summary>
internal interface IResultOutput
{
    ResultForm Form { get; }

    /// <summary>Shows the rows of a statement.</summary>
    void Show(ResultRows rows);

    /// <summary>Shows a sentence about what a statement without rows did.</summary>
    void ShowMessage(string sentence);
}
