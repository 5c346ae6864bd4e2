using Game.Contracts;

namespace Game.Worlds;

/// <summary>What honest players do in their sessions, by their kind.</summary>
internal sealed class Trades(GameWorld world)
{
    /// <summary>A price beyond this share of what buyer or seller has is not paid.</summary>
    private const double Affordable = 0.5;

    private readonly Dice _dice = world.Dice;
    private readonly WorldSettings _settings = world.Settings;

    public TradeAction? Next(Player player, long at)
    {
        world.Accrue(player, at);
        if (player.Friends.Count == 0)
        {
            return Sale(player, Worth(player), at);
        }
        return player.Kind switch
        {
            PlayerKind.Treasury => PayOut(player, at),
            PlayerKind.Officer when player.Treasury is not null && _dice.Chance(0.25) => WithTreasury(player, at),
            PlayerKind.Whale when _dice.Chance(0.3) => Sale(player, player.Wealth * _dice.Between(0.02, 0.15), at),
            PlayerKind.Streamer when _dice.Chance(0.5) => FromFan(player, at),
            PlayerKind.FamilyMember when _dice.Chance(0.12) => Give(player, Alive(player.Friends[0], at), _dice.Between(0.1, 0.6), at),
            PlayerKind.Quitter when player.Rhythm.EndsAt - at < 2 * Period.DayMs => Give(player, Friend(player, at), _dice.Between(0.3, 0.9), at),
            PlayerKind.Newcomer when at - player.Rhythm.BeginsAt < 5 * Period.DayMs && _dice.Chance(0.25) => StartingGift(player, at),
            PlayerKind.Trader => Sale(player, Worth(player), at),
            PlayerKind.Speculator when _dice.Chance(0.5) => Speculate(player, at),
            _ => Usual(player, at),
        };
    }

    private TradeAction? Usual(Player player, long at)
    {
        double gifts = _settings.GiftShare * (world.Calendar.IsFestival(at) ? 4 : 1);
        if (_dice.Chance(gifts))
        {
            // Most presents are small; one in fifty is most of what somebody has to spare.
            double share = _dice.Chance(0.02) ? _dice.Between(0.1, 0.4) : Math.Min(0.3, _dice.LogNormal(_settings.GiftSize, 0.6));
            return Give(player, Friend(player, at), share, at);
        }
        return player.Treasury is not null && _dice.Chance(0.08) ? PayIn(player, at) : Sale(player, Worth(player), at);
    }

    private double Worth(Player player)
        => _dice.LogNormal(player.UsualTrade, _settings.TradeSigma) * (_dice.Chance(_settings.BigTrades) ? _dice.Between(4, 20) : 1);

    /// <summary>Buys or sells for about so much gold.</summary>
    private TradeAction? Sale(Player player, double worth, long at)
    {
        bool isAuction = player.Friends.Count == 0 || player.Kind == PlayerKind.Trader || _dice.Chance(_settings.AuctionShare);
        if ((isAuction ? Stranger(player, at) : Friend(player, at)) is not { } other)
        {
            return null;
        }
        bool buys = _dice.Chance((double)player.Gold / Math.Max(1, player.Wealth));
        (Item item, long value, int pieces) = world.Market.About(_dice, worth, at);
        return Exchange(player, other, buys, item, value, pieces, isAuction, at);
    }

    private TradeAction? Exchange(Player player, Player other, bool buys, Item item, long value, int pieces, bool isAuction, long at)
    {
        (Player buyer, Player seller) = buys ? (player, other) : (other, player);
        world.Accrue(other, at);
        int affordable = (int)Math.Min(pieces, Math.Min(buyer.Gold, seller.InventoryValue) * Affordable / value);
        if (affordable < 1)
        {
            return Cheap(player, other, buys, isAuction, at);
        }
        double discount = isAuction && world.Calendar.IsFestival(at) ? 0.75 : 1;
        long price = (long)Math.Max(1, value * affordable * discount * _dice.LogNormal(1, _settings.PriceNoise));
        return world.Apply(new Exchange(player, other, buys ? -price : price, buys ? affordable : -affordable, value, world.ChannelOf(isAuction), item.Id), at);
    }

    // Where even one piece of the item costs too much, a cheaper one changes hands.
    private TradeAction? Cheap(Player player, Player other, bool buys, bool isAuction, long at)
    {
        (Player buyer, Player seller) = buys ? (player, other) : (other, player);
        double most = Math.Min(buyer.Gold, seller.InventoryValue) * Affordable;
        Item item = world.Market.Items[_dice.Below(Math.Min(3, world.Market.Items.Count))];
        long value = world.Market.ValueOf(item, at);
        if (value > most)
        {
            return null;
        }
        long price = (long)Math.Max(1, value * _dice.LogNormal(1, _settings.PriceNoise));
        return world.Apply(new Exchange(player, other, buys ? -price : price, buys ? 1 : -1, value, world.ChannelOf(isAuction), item.Id), at);
    }

    /// <summary>Gives a share of the gold or of the goods for nothing.</summary>
    private TradeAction? Give(Player giver, Player? receiver, double share, long at)
    {
        if (receiver is null)
        {
            return null;
        }
        bool goods = giver.InventoryValue > giver.Gold && _dice.Chance(0.5);
        TradeChannel channel = world.ChannelOf(isAuction: false);
        if (!goods)
        {
            long gold = (long)(giver.Gold * share);
            return gold < 1 ? null : world.Apply(new Exchange(giver, receiver, -gold, 0, 0, channel, ""), at);
        }
        (Item item, long value, int pieces) = world.Market.About(_dice, giver.InventoryValue * share, at);
        return value * pieces > giver.InventoryValue ? null : world.Apply(new Exchange(giver, receiver, 0, -pieces, value, channel, item.Id), at);
    }

    private TradeAction? PayIn(Player member, long at)
    {
        long gold = (long)Math.Min(member.Gold * 0.3, Worth(member) * _dice.Between(0.5, 3));
        return gold < 1 ? null : world.Apply(new Exchange(member, member.Treasury!, -gold, 0, 0, TradeChannel.GuildBank, ""), at);
    }

    private TradeAction? PayOut(Player treasury, long at)
    {
        Player member = _dice.Pick(treasury.Members);
        return _dice.Chance(0.7) && treasury.Gold > 100 && member.Rhythm.IsAlive(at)
            ? world.Apply(new Exchange(treasury, member, -(long)(treasury.Gold * _dice.Between(0.01, 0.25)), 0, 0, TradeChannel.GuildBank, ""), at)
            : Sale(treasury, treasury.Wealth * _dice.Between(0.005, 0.05), at);
    }

    private TradeAction? WithTreasury(Player officer, long at)
    {
        Player treasury = officer.Treasury!;
        bool takes = _dice.Chance(0.6);
        long gold = (long)(takes ? treasury.Gold * _dice.Between(0.02, 0.4) : officer.Gold * _dice.Between(0.05, 0.5));
        return gold < 1 ? null : world.Apply(new Exchange(officer, treasury, takes ? gold : -gold, 0, 0, TradeChannel.GuildBank, ""), at);
    }

    private TradeAction? FromFan(Player streamer, long at)
        => Stranger(streamer, at) is { Gold: > 10 } fan
            ? world.Apply(new Exchange(streamer, fan, (long)Math.Max(1, fan.Gold * Math.Min(0.5, _dice.LogNormal(0.02, 1))), 0, 0, TradeChannel.Mail, ""), at)
            : null;

    private TradeAction? StartingGift(Player newcomer, long at)
    {
        if (Friend(newcomer, at) is not { } friend)
        {
            return null;
        }
        long gold = (long)Math.Min(friend.Gold * 0.1, Math.Max(50, newcomer.Wealth) * _dice.Between(1, 20));
        return gold < 1 ? null : world.Apply(new Exchange(newcomer, friend, gold, 0, 0, world.ChannelOf(isAuction: false), ""), at);
    }

    // Buys one kind of item for much of the gold, and sells much of it days later.
    private TradeAction? Speculate(Player player, long at)
    {
        if (Stranger(player, at) is not { } other || (player.Holding is not null && at < player.HoldsUntil))
        {
            return Usual(player, at);
        }
        bool buys = player.Holding is null;
        Item item = player.Holding ?? _dice.Pick(world.Market.Items);
        long value = world.Market.ValueOf(item, at);
        int pieces = (int)Math.Min(10_000, (buys ? player.Gold : player.InventoryValue) * _dice.Between(0.3, 0.8) / value);
        player.Holding = buys ? item : null;
        player.HoldsUntil = buys ? at + (long)(_dice.Between(3, 15) * Period.DayMs) : 0;
        return pieces < 1 ? null : Exchange(player, other, buys, item, value, pieces, isAuction: true, at);
    }

    private Player? Friend(Player player, long at) => Alive(_dice.Pick(player.Friends), at);

    private static Player? Alive(Player player, long at) => player.Rhythm.IsAlive(at) ? player : null;

    private Player? Stranger(Player player, long at)
    {
        for (int attempt = 0; attempt < 20; attempt++)
        {
            Player other = _dice.Pick(world.Players);
            if (other != player && !other.InCampaign && other.Rhythm.IsAlive(at))
            {
                return other;
            }
        }
        return null;
    }
}
