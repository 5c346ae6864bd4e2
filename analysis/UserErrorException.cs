namespace Game.Analysis;

/// <summary>
/// An error that the user can correct; the message is one sentence that says how. The command ends with exit code 1 and prints no stack trace.
/// </summary>
internal sealed class UserErrorException(string message, Exception? inner = null) : Exception(message, inner);
