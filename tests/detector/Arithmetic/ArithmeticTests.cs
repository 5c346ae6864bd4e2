using CsCheck;
using Game.Contracts;
using Game.Detector.Arithmetic;
using Game.Detector.Rules;

namespace Game.Detector.Tests.Arithmetic;

public class ArithmeticTests
{
    [Fact]
    public void Sine_and_cosine_match_the_library() => Gen.Double[-Math.PI, Math.PI].Sample(angle =>
    {
        (double sin, double cos) = Sphere.SinCos(angle);
        sin.ShouldBe(Math.Sin(angle), 1e-12);
        cos.ShouldBe(Math.Cos(angle), 1e-12);
    });

    [Fact]
    public void Distances_are_chords()
    => Gen.Select(Gen.Double[-90, 90], Gen.Double[-180, 180], Gen.Double[-90, 90], Gen.Double[-180, 180]).Sample((lat1, lon1, lat2, lon2) =>
    {
        double km = Sphere.ChordKm(Sphere.At(lat1, lon1), Sphere.At(lat2, lon2));
        double arc = Haversine(lat1, lon1, lat2, lon2);
        km.ShouldBe(2 * Math.Sin(arc / 2) * 6371, 0.01);
    });

    [Fact]
    public void Berlin_and_Munich_lie_504_km_apart()
        => Sphere.ChordKm(Sphere.At(52.52, 13.40), Sphere.At(48.14, 11.58)).ShouldBe(504, 1);

    /// <summary>The bits themselves: they must be the same on every machine.</summary>
    [Fact]
    public void Bits_are_fixed()
    {
        (double sin, double cos) = Sphere.SinCos(1.0);
        BitConverter.DoubleToInt64Bits(sin).ShouldBe(GoldenSine);
        BitConverter.DoubleToInt64Bits(cos).ShouldBe(GoldenCosine);
        StableHash.Of("u-0000001"u8).ShouldBe(GoldenHash);
        StableHash.Of(ReadOnlySpan<byte>.Empty).ShouldNotBe(0UL);
    }

    [Fact]
    public void The_logarithm_is_monotone_and_close() => Gen.Select(Gen.Long[1, ContractLimits.MaxGold], Gen.Long[1, ContractLimits.MaxGold]).Sample((a, b) =>
    {
        (FixedLog2.Of(a) <= FixedLog2.Of(b)).ShouldBe(a <= b || FixedLog2.Of(a) == FixedLog2.Of(b));
        FixedLog2.Of(-a).ShouldBe(FixedLog2.Of(a));
        (FixedLog2.Of(a) / 256.0 - 1).ShouldBeInRange(Math.Log2(a) - 0.1, Math.Log2(a) + 1e-9);
    });

    private const long GoldenSine = 4605754516372524270;
    private const long GoldenCosine = 4603041830072026765;
    private const ulong GoldenHash = 15107311701560400863;

    private static double Haversine(double lat1, double lon1, double lat2, double lon2)
    {
        const double Radian = Math.PI / 180;
        double a = Math.Pow(Math.Sin((lat2 - lat1) * Radian / 2), 2)
            + (Math.Cos(lat1 * Radian) * Math.Cos(lat2 * Radian) * Math.Pow(Math.Sin((lon2 - lon1) * Radian / 2), 2));
        return 2 * Math.Asin(Math.Min(1, Math.Sqrt(a)));
    }
}
