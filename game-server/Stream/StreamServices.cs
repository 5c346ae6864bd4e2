using Game.GameServer.Accounts;
using Game.GameServer.Actions;
using Game.GameServer.Publishing;
using Game.GameServer.Telemetry;

namespace Game.GameServer.Stream;

/// <summary>The services that all streams share.</summary>
/// <param name="Logins">Makes the events of logins.</param>
/// <param name="Places">The places from which players have logged in.</param>
/// <param name="Trades">Makes the events of trades.</param>
/// <param name="Publisher">Publishes them.</param>
/// <param name="Metrics">Counts them.</param>
/// <param name="Time">The clock.</param>
/// <param name="Limits">The bounds of a stream.</param>
internal sealed record StreamServices(
    LoginIntake Logins, KnownPlaces Places, TradeIntake Trades, IEventPublisher Publisher, ServerMetrics Metrics, TimeProvider Time, StreamLimits Limits);

/// <summary>The bounds of a stream.</summary>
/// <param name="Window">Unanswered requests above which the server stops reading.</param>
internal sealed record StreamLimits(int Window)
{
    /// <summary>The most bytes of a message from the client: sixteen of the largest frames, or some six hundred trades.</summary>
    public const int MaxMessageBytes = 256 * 1024;

    /// <summary>About the most bytes of a message from the server: answers that are ready are sent together up to this size, so that none waits long.</summary>
    public const int AnswerBatchBytes = 32 * 1024;

    /// <summary>How long the other end may take to answer a close.</summary>
    public static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);
}
