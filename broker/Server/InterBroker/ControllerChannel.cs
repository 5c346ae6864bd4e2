using Broker.Protocol;
using Broker.Server.Scheduling;

namespace Broker.Server.InterBroker;

/// <summary>Where the controller is reached by other brokers.</summary>
internal readonly record struct ControllerAddress(int BrokerId, string Host, int Port);

/// <summary>
/// A channel of this broker to the controller: it sends one request at a time, in the order of the calls, and repeats it until a broker answers that is the
/// controller. Where this broker is the controller itself, it answers in process. Any thread may call.
/// </summary>
/// <param name="brokerId">This broker.</param>
/// <param name="find">The controller as this broker knows it now; null while it knows none.</param>
/// <param name="connections">Opens connections to other brokers.</param>
/// <param name="timeout">How long one attempt may last: controller.socket.timeout.ms.</param>
/// <param name="time">The clock of time-outs and pauses.</param>
internal sealed class ControllerChannel(
    int brokerId, Func<ControllerAddress?> find, IBrokerConnections connections, TimeSpan timeout, TimeProvider time) : IAsyncDisposable
{
    /// <summary>How long a request of a client waits for the controller: a third of a client's usual request.timeout.ms (30 s).</summary>
    internal static readonly TimeSpan ClientPatience = TimeSpan.FromSeconds(10);

    /// <summary>Kafka's pause between two attempts: an election takes longer, and an attempt costs little.</summary>
    internal static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly Dictionary<ApiKey, Delegate> _local = [];
    private readonly Turns _turn = new(1);
    private readonly CancellationTokenSource _disposed = new();
    private readonly Lock _gate = new();
    private ControllerAddress _address;
    private IBrokerConnection? _connection;

    /// <summary>The attempt that waits for another broker; under the gate.</summary>
    private CancellationTokenSource? _attempt;

    /// <summary>Names the handler of a request for the time when this broker is the controller; before the first request.</summary>
    /// <param name="handle">Is given the request and its version. It answers that this broker is not the controller where it is not.</param>
    internal void Serve<TRequest, TResponse>(Func<TRequest, short, ValueTask<TResponse>> handle)
        where TRequest : class, IRequest<TRequest> => _local.Add(TRequest.Key, handle);

    /// <summary>
    /// Sends a request to the controller and returns its response. The controller may have handled a request more than once, because it is repeated where no
    /// response came.
    /// </summary>
    /// <param name="version">The version of the request and of its response.</param>
    /// <param name="errorOf">The error of a response: NOT_CONTROLLER and STALE_CONTROLLER_EPOCH have the request repeated.</param>
    /// <param name="cancellation">Ends the call, which else lasts until there is a response.</param>
    /// <exception cref="OperationCanceledException">The call was cancelled or the channel disposed of.</exception>
    internal async ValueTask<TResponse> Send<TRequest, TResponse>(
        TRequest request, short version, Func<TResponse, ErrorCode> errorOf, CancellationToken cancellation)
        where TRequest : class, IRequest<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _disposed.Token);
        await _turn.Enter(end.Token);
        try
        {
            while (true)
            {
                TResponse? response = await Attempt<TRequest, TResponse>(request, version, end.Token);
                if (response is not null && errorOf(response) is not (ErrorCode.NotController or ErrorCode.StaleControllerEpoch))
                {
                    return response;
                }
                await Task.Delay(Pause, time, end.Token);
            }
        }
        finally
        {
            _turn.Leave();
        }
    }

    /// <summary>Another broker may have become the controller: an attempt that waits for the former one ends and is repeated. From any thread.</summary>
    internal void ControllerChanged()
    {
        lock (_gate)
        {
            if (_attempt is not null && find() != _address)
            {
                _attempt.Cancel();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _disposed.CancelHere();
        await _turn.Enter(CancellationToken.None);
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
            _connection = null;
        }
        _turn.Leave();
    }

    /// <summary>One attempt; null where it got no response.</summary>
    private async ValueTask<TResponse?> Attempt<TRequest, TResponse>(TRequest request, short version, CancellationToken end)
        where TRequest : class, IRequest<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        if (find() is not { } controller)
        {
            return null;
        }
        if (controller.BrokerId == brokerId)
        {
            return await ((Func<TRequest, short, ValueTask<TResponse>>)_local[TRequest.Key])(request, version);
        }

        using CancellationTokenSource attempt = CancellationTokenSource.CreateLinkedTokenSource(end);
        IBrokerConnection connection = await ConnectionTo(controller);
        lock (_gate)
        {
            _attempt = attempt;
        }

        try
        {
            return await connection.Send<TRequest, TResponse>(request, version, timeout, attempt.Token);
        }
        catch (BrokerUnreachableException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!end.IsCancellationRequested)
        {
            return null;
        }
        finally
        {
            lock (_gate)
            {
                _attempt = null;
            }
        }
    }

    private async ValueTask<IBrokerConnection> ConnectionTo(ControllerAddress controller)
    {
        if (_connection is not null && _address == controller)
        {
            return _connection;
        }
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }
        _address = controller;
        return _connection = connections.Open(controller.Host, controller.Port, $"broker-{brokerId}");
    }
}
