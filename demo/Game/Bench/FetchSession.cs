using System.Diagnostics;
using System.Net.Sockets;
using Confluent.Kafka;

namespace Game.Cli.Bench;

/// <summary>
/// A consumer that fetches all partitions of one topic in a fetch session (KIP-227): a request names only the partitions whose offset has changed since the
/// last one. Not for use by several threads.
/// </summary>
internal sealed class FetchSession : IDisposable
{
    private const int MaxWaitMs = 500;
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(100);

    /// <summary>For a new topic to have its leaders, for a record to arrive, and for an answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _hostAndPort;
    private readonly string _topic;
    private readonly long[] _offsets;
    private readonly List<FetchPosition> _changed = new();
    private readonly TcpClient _client = new() { NoDelay = true };
    private int _sessionId;
    private int _epoch;

    private FetchSession(string hostAndPort, string topic, int partitions)
    {
        _hostAndPort = hostAndPort;
        _topic = topic;
        _offsets = new long[partitions];
    }

    /// <summary>Opens a session over all partitions of a new and empty topic, from offset 0, as soon as each partition has a leader.</summary>
    /// <exception cref="UserErrorException">The broker cannot be reached, answers with an error, or opens no session.</exception>
    public static async Task<FetchSession> OpenAsync(string hostAndPort, string topic, int partitions, CancellationToken cancellation)
    {
        FetchSession session = new(hostAndPort, topic, partitions);
        try
        {
            await session.ConnectAsync(cancellation);
            await session.OpenAsync(cancellation);
            return session;
        }
        catch
        {
            // The caller gets no session to dispose of.
            session.Dispose();
            throw;
        }
    }

    /// <summary>Fetches until a record of the partition has arrived. The caller appends one record at a time to the topic.</summary>
    /// <exception cref="UserErrorException">The broker answers with an error, or the record does not arrive within 30 s.</exception>
    public async Task ReceiveAsync(int partition, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < Patience)
        {
            FetchAnswer answer = await FetchAsync(MaxWaitMs, _changed, cancellation);
            _changed.Clear();
            foreach (FetchedPartition fetched in answer.Partitions)
            {
                ThrowIfError(fetched.Error, $"for partition {fetched.Partition} of {_topic}");
            }
            if (answer.Partitions.Any(fetched => fetched.Partition == partition && fetched.RecordBytes > 0))
            {
                _changed.Add(new FetchPosition(partition, ++_offsets[partition]));
                return;
            }
        }

        throw new UserErrorException($"A record of partition {partition} of {_topic} did not arrive from {_hostAndPort} within {Patience.TotalSeconds:F0} s.");
    }

    public void Dispose() => _client.Dispose();

    private async Task ConnectAsync(CancellationToken cancellation)
    {
        int colon = _hostAndPort.LastIndexOf(':');
        try
        {
            await _client.ConnectAsync(_hostAndPort[..colon].Trim('[', ']'), int.Parse(_hostAndPort[(colon + 1)..]), cancellation);
        }
        catch (SocketException e)
        {
            throw new UserErrorException($"{_hostAndPort} cannot be reached to open a fetch session: {e.Message}.", e);
        }
    }

    private async Task OpenAsync(CancellationToken cancellation)
    {
        FetchPosition[] all = [.. _offsets.Select((offset, partition) => new FetchPosition(partition, offset))];
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            _epoch = 0;
            FetchAnswer answer = await FetchAsync(maxWaitMs: 0, all, cancellation);
            FetchedPartition[] failed = [.. answer.Partitions.Where(partition => partition.Error != 0)];
            if (failed.Length == 0)
            {
                break;
            }
            if (Stopwatch.GetElapsedTime(start) > Patience)
            {
                ThrowIfError(failed[0].Error, $"for partition {failed[0].Partition} of {_topic}, {Patience.TotalSeconds:F0} s after its creation");
            }
            await Task.Delay(RetryPause, cancellation);
        }

        if (_sessionId == 0)
        {
            throw new UserErrorException($"{_hostAndPort} opens no fetch session: its limit of sessions is reached, or it has none.");
        }
    }

    private async Task<FetchAnswer> FetchAsync(int maxWaitMs, IReadOnlyCollection<FetchPosition> positions, CancellationToken cancellation)
    {
        FetchAnswer answer = await ExchangeAsync(FetchMessages.Request(maxWaitMs, _sessionId, _epoch, _topic, positions), cancellation);
        ThrowIfError(answer.Error, "in a fetch session");
        _sessionId = answer.SessionId;
        _epoch++;
        return answer;
    }

    private async Task<FetchAnswer> ExchangeAsync(byte[] request, CancellationToken cancellation)
    {
        using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        late.CancelAfter(Patience);
        try
        {
            return FetchMessages.Read(await WireExchange.AskAsync(_client.GetStream(), request, late.Token));
        }
        catch (IOException e)
        {
            throw new UserErrorException($"{_hostAndPort} closed the connection of a fetch session.", e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new UserErrorException($"{_hostAndPort} did not answer a fetch request within {Patience.TotalSeconds:F0} s.", e);
        }
    }

    private void ThrowIfError(short code, string where)
    {
        if (code != 0)
        {
            throw new UserErrorException($"{_hostAndPort} answers a fetch request with an error {where}: {new Error((ErrorCode)code).Reason}.");
        }
    }
}
