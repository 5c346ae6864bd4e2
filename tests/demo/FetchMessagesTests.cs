using System.Buffers.Binary;
using Game.Cli.Bench;

namespace Game.Demo.Tests;

public sealed class FetchMessagesTests
{
    [Fact]
    public void A_request_holds_its_length_the_session_and_the_positions()
    {
        byte[] request = FetchMessages.Request(500, sessionId: 7, sessionEpoch: 3, "t", [new FetchPosition(2, 9)]);
        Convert.ToHexString(request).ShouldBe(
            "00000057" + "00010007" + "00000000" + "000D" + "62656E63682D73657373696F6E" // length, Fetch 7, correlation id, bench-session
            + "FFFFFFFF" + "000001F4" + "00000001" + "00100000" + "00" // replica, wait, least bytes, most bytes, read uncommitted
            + "00000007" + "00000003" // session
            + "00000001" + "000174" + "00000001" + "00000002" + "0000000000000009" + "FFFFFFFFFFFFFFFF" + "00100000"
            + "00000000"); // no partition leaves the session
    }

    [Fact]
    public void A_request_without_positions_names_no_topic()
        => BinaryPrimitives.ReadInt64BigEndian(FetchMessages.Request(500, 7, 3, "t", []).AsSpan()[^8..]).ShouldBe(0);

    [Fact]
    public void An_answer_is_read_past_aborted_transactions_and_records()
    {
        byte[] answer = Convert.FromHexString(
            "00000000" + "00000000" + "0000" + "00000007" // correlation id, throttle, error, session
            + "00000001" + "000174" + "00000002" // one topic, two partitions
            + "00000002" + "0000" + new string('0', 48) + "00000001" + new string('0', 32) + "00000003" + "AABBCC"
            + "00000005" + "0006" + new string('F', 48) + "FFFFFFFF" + "FFFFFFFF");
        FetchAnswer read = FetchMessages.Read(answer);
        (read.Error, read.SessionId).ShouldBe(((short)0, 7));
        read.Partitions.ShouldBe([new FetchedPartition(2, 0, 3), new FetchedPartition(5, 6, 0)]);
    }
}
