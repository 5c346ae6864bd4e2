using System.Text;
using Broker.Protocol.Records;
using CsCheck;

namespace Broker.Protocol.Tests.Records;

public class Crc32CTests
{
    [Fact]
    public void The_known_check_value() => Crc32C.Compute(Encoding.ASCII.GetBytes("123456789")).ShouldBe(0xe3069283u);

    [Fact]
    public void Any_length_equals_the_bitwise_definition_in_one_piece_or_two() =>
        Gen.Select(Gen.Byte.Array[0, 9000], Gen.Double[0, 1]).Sample((bytes, at) =>
        {
            int cut = (int)(bytes.Length * at);
            uint whole = Crc32C.Compute(bytes);
            return whole == Bitwise(bytes) && whole == Crc32C.Append(Crc32C.Compute(bytes.AsSpan(0, cut)), bytes.AsSpan(cut));
        }, iter: 60);

    private static uint Bitwise(byte[] bytes)
    {
        uint crc = 0xFFFFFFFF;
        foreach (byte one in bytes)
        {
            crc ^= one;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0x82F63B78;
            }
        }

        return ~crc;
    }
}
