using Broker.Server.Scheduling;

namespace Broker.Simulation.Tests.Worlds;

/// <summary>
/// A process of the simulated world: where a broker's or a client's code runs. After a crash nothing of its former life runs any more; while it is paused its
/// work is kept.
/// </summary>
internal sealed class Node : SynchronizationContext, IScheduler
{
    private readonly World _world;
    private readonly List<World.Item> _kept = [];

    public Node(World world, string name)
    {
        _world = world;
        Name = name;
        Time = new NodeClock(world, this);
        world.Nodes.Add(this);
    }

    public string Name { get; }

    /// <summary>Counts the crashes.</summary>
    public int Life { get; private set; }

    public bool IsPaused { get; private set; }

    public TimeProvider Time { get; }

    /// <summary>Exceptions that no code has caught, and those that a broker has only logged and that are no fault of its surroundings.</summary>
    public List<Exception> Failures { get; } = [];

    /// <summary>Runs an action with this context, so that what it awaits comes back here.</summary>
    public void Run(Action action)
    {
        SynchronizationContext? before = Current;
        SetSynchronizationContext(this);
        try
        {
            action();
        }
#pragma warning disable CA1031 // The top of all simulated code: a failure fails the history.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            Failures.Add(failure);
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    /// <summary>Ends this life at once.</summary>
    public void Crash()
    {
        Life++;
        IsPaused = false;
        _kept.Clear();
    }

    public void Pause() => IsPaused = true;

    public void Resume()
    {
        IsPaused = false;
        _world.AddAgain(_kept);
        _kept.Clear();
    }

    public void Keep(World.Item item) => _kept.Add(item);

    /// <summary>Starts an asynchronous method here; what it throws is a failure of the history.</summary>
    public void Start(Func<Task> work) => _world.Add(this, TimeSpan.Zero, () => _ = Observe(work));

    public override void Post(SendOrPostCallback d, object? state) => _world.Add(this, TimeSpan.Zero, () => d(state));

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Simulated code does not block.");

    public override SynchronizationContext CreateCopy() => this;

    int IScheduler.Processors => 2;

    void IScheduler.Post(IThreadPoolWorkItem work) => _world.Add(this, TimeSpan.Zero, work.Execute);

    Task IScheduler.Run(Func<Task> work)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _world.Add(this, TimeSpan.Zero, () => _ = Complete(work, done));
        return done.Task;
    }

    IBlockingWork IScheduler.CreateThreads(int maxThreads) => new Threads(_world, this, maxThreads);

    private static async Task Complete(Func<Task> work, TaskCompletionSource done)
    {
        try
        {
            await work();
            done.SetResult();
        }
#pragma warning disable CA1031 // Who waits for the task gets the failure.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            done.SetException(failure);
        }
    }

    private async Task Observe(Func<Task> work)
    {
        try
        {
            await work();
        }
#pragma warning disable CA1031 // The history fails.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            Failures.Add(failure);
        }
    }

    /// <summary>Threads for disks: the first so many pieces of queued work may be next.</summary>
    private sealed class Threads(World world, Node node, int count) : IBlockingWork
    {
        private readonly LinkedList<Action> _waiting = new();
        private int _running;
        private bool _disposed;

        public Task<T> Run<T>(Func<T> work)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            TaskCompletionSource<T> result = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.AddLast(() => Complete(work, result));
            Begin();
            return result.Task;
        }

        public void Dispose() => _disposed = true;

        private static void Complete<T>(Func<T> work, TaskCompletionSource<T> result)
        {
            try
            {
                result.SetResult(work());
            }
#pragma warning disable CA1031 // Who waits for the task gets the failure.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                result.SetException(failure);
            }
        }

        private void Begin()
        {
            if (_running == count || _waiting.First is not { } first)
            {
                return;
            }

            _waiting.RemoveFirst();
            _running++;
            world.Add(node, TimeSpan.Zero, () =>
            {
                first.Value();
                _running--;
                Begin();
            });
        }
    }
}
