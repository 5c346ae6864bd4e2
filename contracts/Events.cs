namespace Game.Contracts;

/// <summary>
/// An event of one player as the game server publishes it. Times are epoch milliseconds UTC of the game server's clock. Writers use this type; readers on a hot
/// path use <see cref="EventView"/>, which copies nothing.
/// </summary>
public abstract record PlayerEvent
{
    /// <summary>The client's idempotency key (a UUIDv7); its last bit is the side (<see cref="EventIds.ForSide"/>).</summary>
    public required Guid EventId { get; init; }

    public required string UserId { get; init; }

    public required long Ts { get; init; }

    public required string ServerId { get; init; }

    /// <summary>Empty when this side has no session (an offline side of a trade, a failed login).</summary>
    public required string SessionId { get; init; }

    /// <summary>Textual IPv4 or IPv6 address; empty when this side of a trade is offline.</summary>
    public required string Ip { get; init; }

    public abstract EventKind Kind { get; }
}

/// <summary>A login, successful or failed.</summary>
public sealed record LoginEvent : PlayerEvent
{
    public override EventKind Kind => EventKind.Login;

    /// <summary>ISO 3166-1 alpha-2, empty when unknown.</summary>
    public string Country { get; init; } = "";

    /// <summary>Autonomous system number, 0 when unknown.</summary>
    public uint Asn { get; init; }

    /// <summary>Degrees, −90 to 90; given together with <see cref="Lon"/> or not at all.</summary>
    public double? Lat { get; init; }

    /// <summary>Degrees, −180 to 180.</summary>
    public double? Lon { get; init; }

    public required string DeviceId { get; init; }

    public required string ClientVersion { get; init; }

    public required LoginOutcome Outcome { get; init; }
}

/// <summary>One side of a trade. Gold, prices and wealth are whole gold pieces within ±<see cref="ContractLimits.MaxGold"/>.</summary>
public sealed record TradeEvent : PlayerEvent
{
    public override EventKind Kind => EventKind.Trade;

    /// <summary>The same for both sides.</summary>
    public required string TradeId { get; init; }

    public required string CounterpartyId { get; init; }

    public required TradeChannel Channel { get; init; }

    public required long GoldDelta { get; init; }

    /// <summary>Gold after the trade, 0 or more.</summary>
    public required long GoldBalance { get; init; }

    /// <summary>Empty when only gold moved.</summary>
    public required string ItemId { get; init; }

    /// <summary>Pieces gained (positive) or given (negative).</summary>
    public required int ItemDelta { get; init; }

    /// <summary>Market value of one piece, 0 or more.</summary>
    public required long ItemValue { get; init; }

    /// <summary>Market value of the inventory after the trade, 0 or more.</summary>
    public required long InventoryValue { get; init; }
}
