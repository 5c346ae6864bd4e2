using System.Runtime.InteropServices;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Requests;

namespace Broker.Server.Tests.Network;

/// <summary>A Produce that does what the test says for each client id, and notes the order of dispatch.</summary>
internal sealed class ScriptedProduce : Api<ProduceRequest, ProduceResponse>
{
    private readonly Lock _lock = new();
    private readonly List<int> _dispatched = [];
    private readonly Dictionary<int, TaskCompletionSource<ProduceResponse?>> _held = [];

    /// <summary>Correlation ids in the order of dispatch.</summary>
    public int[] Dispatched
    {
        get
        {
            lock (_lock)
            {
                return [.. _dispatched];
            }
        }
    }

    public override bool MayRunAhead => true;

    /// <summary>Called at each dispatch, before anything else.</summary>
    public Action<RequestContext>? OnDispatch { get; set; }

    /// <summary>Whether answers wait for <see cref="Answer"/>.</summary>
    public bool Hold { get; set; }

    public void Answer(int correlationId)
    {
        lock (_lock)
        {
            _held[correlationId].SetResult(new ProduceResponse());
        }
    }

    protected override ValueTask<ProduceResponse?> Handle(ProduceRequest request, RequestContext context)
    {
        OnDispatch?.Invoke(context);
        lock (_lock)
        {
            _dispatched.Add(context.CorrelationId);
            if (request.Acks == 0)
            {
                return default;
            }
            if (!Hold)
            {
                return new ValueTask<ProduceResponse?>(new ProduceResponse());
            }
            TaskCompletionSource<ProduceResponse?> held = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _held.Add(context.CorrelationId, held);
            return new ValueTask<ProduceResponse?>(held.Task);
        }
    }
}

/// <summary>A Heartbeat that answers at once, or fails.</summary>
internal sealed class ScriptedHeartbeat : Api<HeartbeatRequest, HeartbeatResponse>
{
    public Func<RequestContext, HeartbeatResponse?>? Script { get; set; }

    protected override ValueTask<HeartbeatResponse?> Handle(HeartbeatRequest request, RequestContext context) =>
        new(Script is null ? new HeartbeatResponse() : Script(context));
}

/// <summary>A Fetch whose records come from wherever the test says.</summary>
internal sealed class ScriptedFetch : Api<FetchRequest, FetchResponse>
{
    public required Func<RecordsPayload?> Records { get; set; }

    protected override ValueTask<FetchResponse?> Handle(FetchRequest request, RequestContext context) => new(new FetchResponse
    {
        Responses = [new FetchResponse.FetchableTopicResponse { Partitions = [new FetchResponse.PartitionData { Records = Records() }] }],
    });
}

/// <summary>Records of a pattern, which count how often they are disposed of.</summary>
internal sealed class PatternRecords(int length, bool isCached, int goneAfter = int.MaxValue) : StreamedRecords
{
    public override string Directory => "";

    public int Disposals { get; private set; }

    public int LargestRead { get; private set; }

    public override int Length => length;

    public override bool IsCached(int position, int count) => isCached;

    public static byte At(int position) => (byte)((position * 31) + (position >> 8));

    public override int ReadAt(int position, Span<byte> destination)
    {
        if (position >= goneAfter)
        {
            return 0;
        }
        LargestRead = Math.Max(LargestRead, destination.Length);
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = At(position + i);
        }
        return destination.Length;
    }

    public override int? SendTo(SafeHandle socket, int position, int count) => null;

    public override void Dispose()
    {
        Disposals++;
        base.Dispose();
    }
}
