using Broker.Protocol;
using Broker.Server.InterBroker;

namespace Broker.Simulation.Tests.Bugs;

/// <summary>The connections of a process whose requests and responses go through a bug.</summary>
internal sealed class BuggyConnections(IBrokerConnections inner, Bug bug) : IBrokerConnections
{
    public IBrokerConnection Open(string host, int port, string clientId) => new Connection(inner.Open(host, port, clientId), bug);

    private sealed class Connection(IBrokerConnection inner, Bug bug) : IBrokerConnection
    {
        public async ValueTask<TResponse> Send<TRequest, TResponse>(TRequest request, short version, TimeSpan timeout, CancellationToken cancellation)
            where TRequest : IRequest<TRequest>
            where TResponse : IMessage<TResponse>
        {
            if (bug.InPlace(request) is TResponse forged)
            {
                return forged;
            }

            bug.Sending(request);
            TResponse response = await inner.Send<TRequest, TResponse>(request, version, timeout, cancellation);
            bug.Answered(response);
            return response;
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
