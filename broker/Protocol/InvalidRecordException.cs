namespace Broker.Protocol;

/// <summary>The one error that reading records out of a batch raises: the bytes are not what their header declares.</summary>
public sealed class InvalidRecordException : Exception
{
    public InvalidRecordException()
    {
    }

    public InvalidRecordException(string message)
        : base(message)
    {
    }

    public InvalidRecordException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
