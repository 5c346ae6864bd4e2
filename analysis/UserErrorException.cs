namespace Game.Analysis;

/// <summary>Something the user can mend; the message is one sentence that says how. Ends the verb with exit code 1 and no stack trace.</summary>
internal sealed class UserErrorException(string message, Exception? inner = null) : Exception(message, inner);
