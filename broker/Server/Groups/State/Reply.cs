namespace Broker.Server.Groups.State;

/// <summary>An answer that somebody waits for. It is given once; further ones are ignored, as for a client that has been answered already.</summary>
internal sealed class Reply<T>
{
    private readonly TaskCompletionSource<T> _source = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Task => _source.Task;

    public void Give(T value) => _source.TrySetResult(value);

    /// <summary>Whoever waits gets the failure: a bug, which closes the connection.</summary>
    public void Fail(Exception failure) => _source.TrySetException(failure);
}
