namespace Broker.Coordination.Embedded;

#pragma warning disable RCS1194 // A position is always known: the constructors without one would be lies.

/// <summary>The journal holds a damaged frame with good ones after it, or a damaged snapshot: no torn write explains that, so nothing is guessed.</summary>
public sealed class JournalCorruptException : Exception
{
    /// <summary>Says what is wrong and where.</summary>
    public JournalCorruptException(string message, long position)
        : base($"{message} at position {position} of the coordination journal") => Position = position;

    /// <summary>The byte position of the first damaged frame.</summary>
    public long Position { get; }
}
