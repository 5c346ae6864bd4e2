using Broker.Coordination;
using Broker.Coordination.Embedded;
using Broker.Server.Metadata.Znodes;

namespace Broker.Server.Tests.Metadata;

/// <summary>A step that meets a coordination that is cut off for a while, as a broker's start may.</summary>
public sealed class ClusterSessionTests : IAsyncLifetime
{
    private readonly EmbeddedCoordination _tree = EmbeddedCoordination.InMemory(TimeProvider.System);
    private readonly ClusterSession _session;
    private int _attempts;

    public ClusterSessionTests() => _session = new ClusterSession(_tree);

    public async ValueTask InitializeAsync() => await _session.Open();

    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        await _tree.DisposeAsync();
    }

    [Fact]
    public async Task A_step_that_is_cut_off_begins_again_when_the_session_is_connected_again()
    {
        await _tree.Disconnect(_session.Current);
        Task step = _session.Persist(Read);
        step.IsCompleted.ShouldBeFalse();
        await _tree.Reconnect(_session.Current);
        await step;
        _attempts.ShouldBe(2);
    }

    [Fact]
    public async Task A_step_whose_session_has_expired_begins_again_in_the_next_one()
    {
        long former = _session.Current.SessionId;
        await _tree.Expire(_session.Current);
        await _session.Persist(Read);
        _session.HasHad(former).ShouldBeTrue();
        _session.HasHad(_session.Current.SessionId).ShouldBeFalse();
        _attempts.ShouldBe(2);
    }

    [Fact]
    public async Task Every_session_before_the_one_in_use_is_this_broker_s()
    {
        long[] former = new long[3];
        for (int i = 0; i < former.Length; i++)
        {
            former[i] = _session.Current.SessionId;
            await _tree.Expire(_session.Current);
            await _session.Persist(() => Task.CompletedTask);
            await _session.Open();
        }

        former.ShouldAllBe(session => _session.HasHad(session));
        _session.HasHad(0).ShouldBeFalse();
    }

    [Fact]
    public async Task A_session_that_is_lost_and_back_while_a_step_fails_is_not_waited_for()
    {
        await _session.Persist(async () =>
        {
            if (++_attempts == 1)
            {
                await _tree.Disconnect(_session.Current);
                await _tree.Reconnect(_session.Current);
                throw new CoordinationLostException(Code.ConnectionLoss, "/");
            }
        });
        _attempts.ShouldBe(2);
    }

    [Fact]
    public async Task A_step_that_fails_otherwise_is_not_repeated()
    {
        await Should.ThrowAsync<CoordinationLostException>(() => _session.Persist(() =>
        {
            _attempts++;
            throw new CoordinationLostException(Code.NoAuth, "/");
        }));
        _attempts.ShouldBe(1);
    }

    private async Task Read()
    {
        _attempts++;
        await new ZnodeClient(_session).Exists("/");
    }
}
