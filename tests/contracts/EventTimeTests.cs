namespace Game.Contracts.Tests;

public sealed class EventTimeTests
{
    private const long Noon = 1_795_521_600_000;

    [Theory]
    [InlineData(Noon, Noon, false, false)]
    [InlineData(Noon + 300_000, Noon, false, false)]
    [InlineData(Noon + 300_001, Noon, true, false)]
    [InlineData(ContractLimits.MaxTimestamp, Noon, true, false)]
    [InlineData(Noon - 691_200_000, Noon, false, false)]
    [InlineData(Noon - 691_200_001, Noon, false, true)]
    [InlineData(0, Noon, false, true)]
    [InlineData(0, -1, false, false)]
    [InlineData(Noon, -1, true, false)]
    [InlineData(0, long.MinValue, true, false)]
    [InlineData(ContractLimits.MaxTimestamp, long.MaxValue, false, true)]
    public void A_time_far_after_its_record_is_misdated_and_one_long_before_it_is_history(long ts, long recordTimestamp, bool misdated, bool history)
        => (EventTime.IsMisdated(ts, recordTimestamp), EventTime.IsHistory(ts, recordTimestamp)).ShouldBe((misdated, history));
}
