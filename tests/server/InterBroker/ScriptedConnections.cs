using Broker.Protocol;
using Broker.Server.InterBroker;

namespace Broker.Server.Tests.InterBroker;

/// <summary>
/// Connections whose requests wait until the test answers them. A peer can be refused, hang for as long as the test wants, answer late and die.
/// </summary>
internal sealed class ScriptedConnections : IBrokerConnections
{
    private readonly Lock _gate = new();
    private readonly Queue<Waiting> _requests = [];
    private readonly SemaphoreSlim _arrived = new(0);

    /// <summary>How many connections are open.</summary>
    public int Open { get; private set; }

    /// <summary>How many were opened in all.</summary>
    public int Opened { get; private set; }

    IBrokerConnection IBrokerConnections.Open(string host, int port, string clientId)
    {
        lock (_gate)
        {
            Open++;
            Opened++;
        }
        return new Connection(this, host, port);
    }

    /// <summary>The next request that a broker was sent.</summary>
    public async Task<Waiting> Next()
    {
        (await _arrived.WaitAsync(TimeSpan.FromSeconds(10))).ShouldBeTrue("no request was sent");
        lock (_gate)
        {
            return _requests.Dequeue();
        }
    }

    /// <summary>Whether no request waits that the test has not taken.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return _requests.Count == 0;
            }
        }
    }

    /// <summary>A request that waits for its response.</summary>
    internal sealed record Waiting(string Host, int Port, IMessage Request, short Version, TimeSpan Timeout, TaskCompletionSource<IMessage> Response)
    {
        public void Answer(IMessage response) => Response.SetResult(response);

        public void Die() => Response.SetException(new BrokerUnreachableException(Host, Port, "it died"));
    }

    private sealed class Connection(ScriptedConnections owner, string host, int port) : IBrokerConnection
    {
        public async ValueTask<TResponse> Send<TRequest, TResponse>(TRequest request, short version, TimeSpan timeout, CancellationToken cancellation)
            where TRequest : IRequest<TRequest>
            where TResponse : IMessage<TResponse>
        {
            TaskCompletionSource<IMessage> response = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Waiting waiting = new(host, port, request, version, timeout, response);
            lock (owner._gate)
            {
                owner._requests.Enqueue(waiting);
            }
            owner._arrived.Release();
            return (TResponse)await waiting.Response.Task.WaitAsync(cancellation);
        }

        public ValueTask DisposeAsync()
        {
            lock (owner._gate)
            {
                owner.Open--;
            }
            return ValueTask.CompletedTask;
        }
    }
}
