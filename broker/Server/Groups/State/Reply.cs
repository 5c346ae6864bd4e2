namespace Broker.Server.Groups.State;

/// <summary>An answer that a caller awaits. Only the first one counts; later ones are ignored.</summary>
internal sealed class Reply<T>
{
    private readonly TaskCompletionSource<T> _source = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Task => _source.Task;

    public void Give(T value) => _source.TrySetResult(value);

    /// <summary>Fails the waiting caller because of a bug; its connection closes.</summary>
    public void Fail(Exception failure) => _source.TrySetException(failure);
}
