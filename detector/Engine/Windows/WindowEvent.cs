using System.Runtime.InteropServices;
using Game.Contracts;

namespace Game.Detector.Windows;

/// <summary>
/// One of a player's last events, one cache line (64 bytes): what rules look back at, with texts reduced to stable 64-bit hashes. The fields from offset 32 on
/// belong to logins or to trades, as <see cref="Kind"/> says.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct WindowEvent
{
    [FieldOffset(0)] public Guid EventId;

    /// <summary>Epoch milliseconds.</summary>
    [FieldOffset(16)] public long Ts;

    [FieldOffset(24)] public EventKind Kind;
    [FieldOffset(25)] public LoginOutcome Outcome;
    [FieldOffset(25)] public TradeChannel Channel;

    [FieldOffset(28)] public uint Asn;

    /// <summary>Login: hash of the address range.</summary>
    [FieldOffset(32)] public ulong Network;

    /// <summary>Login: hash of the device id.</summary>
    [FieldOffset(40)] public ulong Device;

    /// <summary>Login: the two letters, 0 when unknown.</summary>
    [FieldOffset(48)] public ushort Country;

    /// <summary>Trade: gold gained.</summary>
    [FieldOffset(32)] public long Gold;

    /// <summary>Trade: market value of the items gained.</summary>
    [FieldOffset(40)] public long Items;

    /// <summary>Trade: gold and inventory after it.</summary>
    [FieldOffset(48)] public long WealthAfter;

    /// <summary>Trade: hash of the other side's user id.</summary>
    [FieldOffset(56)] public ulong Counterparty;
}
