using System.Buffers;
using System.Text;
using CsCheck;
using Game.GameServer.Actions;

namespace Game.GameServer.Tests;

public sealed class RequestJsonTests
{
    private static readonly byte[] Seed = Encoding.UTF8.GetBytes(StreamClient.Trade(3, Guid.Parse("019ab3f0-6c1e-7a52-9d3f-5b8c2e714a60"),
        "\"user_id\":\"ä\\u00e4\"", "\"session_token\":\"t\""));

    [Fact]
    public void Any_bytes_give_a_request_or_a_problem()
        => Gen.Byte.Array[0, 200].Sample(bytes => ReadsOrRefuses(bytes), iter: 5_000);

    [Fact]
    public void A_frame_with_any_bytes_changed_gives_a_request_or_a_problem()
        => Gen.Select(Gen.Int[0, Seed.Length - 1], Gen.Byte).Array[1, 4].Sample(
            changes =>
            {
                byte[] bytes = [.. Seed];
                foreach ((int at, byte value) in changes)
                {
                    bytes[at] = value;
                }
                ReadsOrRefuses(bytes);
            },
            iter: 5_000);

    [Fact]
    public void A_frame_cut_anywhere_is_malformed()
    {
        for (int length = 0; length < Seed.Length; length++)
        {
            RequestJson.Read(Seed.AsSpan(0, length), ApiJsonContext.Default.StreamRequest, out Problem? problem).ShouldBeNull();
            problem.ShouldBe(Problems.MalformedJson);
        }
    }

    [Fact]
    public void A_body_in_pieces_reads_like_a_whole_one()
    {
        Segment first = new(Seed.AsMemory(0, 50));
        Segment last = first.Append(Seed.AsMemory(50));
        ReadOnlySequence<byte> body = new(first, 0, last, last.Memory.Length);
        RequestJson.Read(body, ApiJsonContext.Default.StreamRequest, out _).ShouldNotBeNull().First!.UserId.ShouldBe("ää");
    }

    private static void ReadsOrRefuses(byte[] bytes)
    {
        StreamRequest? request = RequestJson.Read(bytes, ApiJsonContext.Default.StreamRequest, out Problem? problem);
        (request is null).ShouldBe(problem is not null);
        RequestJson.FindNumber(bytes);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory) => Memory = memory;

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            Segment next = new(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
