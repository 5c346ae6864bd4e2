using Broker.Coordination.Embedded;

namespace Broker.Coordination.Tests;

public sealed class EmbeddedInMemoryTests : CoordinationConformance
{
    private EmbeddedCoordination _tree = null!;

    protected override ICoordinationService Service => _tree;

    protected override ValueTask Open()
    {
        _tree = EmbeddedCoordination.InMemory(TimeProvider.System);
        return ValueTask.CompletedTask;
    }

    protected override ValueTask Close() => _tree.DisposeAsync();

    protected override ValueTask Expire(ICoordinationSession session) => _tree.Expire(session);
}

public sealed class EmbeddedJournaledTests : CoordinationConformance
{
    private readonly string _folder = Directory.CreateTempSubdirectory("coordination").FullName;
    private EmbeddedCoordination _tree = null!;

    protected override ICoordinationService Service => _tree;

    protected override ValueTask Open()
    {
        _tree = EmbeddedCoordination.Open(Path.Combine(_folder, "znodes"), TimeProvider.System);
        return ValueTask.CompletedTask;
    }

    protected override async ValueTask Close()
    {
        await _tree.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    protected override ValueTask Expire(ICoordinationSession session) => _tree.Expire(session);
}
