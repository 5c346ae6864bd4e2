using Game.Contracts;

namespace Game.Detector.Windows;

/// <summary>What the rules read of one of a player's last events: 32 bytes. Gold and items belong to trades, the outcome to logins.</summary>
internal struct WindowEvent
{
    /// <summary>Epoch milliseconds.</summary>
    public long Ts;

    /// <summary>Gold gained.</summary>
    public long Gold;

    /// <summary>Market value of the items gained.</summary>
    public long Items;

    public EventKind Kind;
    public LoginOutcome Outcome;
}
