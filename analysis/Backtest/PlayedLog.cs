namespace Game.Analysis.Backtest;

/// <summary>An event of a log.</summary>
/// <param name="Account">The number of its player among all players, from 0.</param>
/// <param name="Ts">Epoch milliseconds.</param>
/// <param name="Campaign">The campaign that it belongs to; null for none.</param>
/// <param name="Loss">What the player loses by it, gold and goods, gold pieces; negative for a gain.</param>
internal readonly record struct LoggedEvent(int Account, long Ts, string? Campaign, long Loss);

/// <summary>An alert on an event of a log.</summary>
/// <param name="Event">The event's number, from 0.</param>
/// <param name="Score">0 to 1.</param>
internal readonly record struct RaisedAlert(int Event, string Rule, double Score);

/// <summary>Events of all players in order, and the alerts that a detector has raised on them.</summary>
/// <param name="Users">The players by their number.</param>
internal sealed record PlayedLog(IReadOnlyList<string> Users, IReadOnlyList<LoggedEvent> Events, IReadOnlyList<RaisedAlert> Alerts);
