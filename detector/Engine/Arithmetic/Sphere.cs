namespace Game.Detector.Arithmetic;

/// <summary>A point of the unit sphere.</summary>
internal readonly record struct SpherePoint(double X, double Y, double Z);

/// <summary>
/// Distances on the Earth by + − × ÷ √ only, which IEEE 754 rounds the same way everywhere; the libraries' sine and cosine differ between machines.
/// </summary>
internal static class Sphere
{
    /// <summary>The Earth's mean radius.</summary>
    private const double RadiusKm = 6371.0;

    private const double HalfTurn = 3.14159265358979323846;
    private const double QuarterTurn = HalfTurn / 2;

    /// <summary>The point at a latitude in [−90, 90] and a longitude in [−180, 180] degrees.</summary>
    public static SpherePoint At(double latitude, double longitude)
    {
        (double sinLat, double cosLat) = SinCos(latitude / 180.0 * HalfTurn);
        (double sinLon, double cosLon) = SinCos(longitude / 180.0 * HalfTurn);
        return new(cosLat * cosLon, cosLat * sinLon, sinLat);
    }

    /// <summary>
    /// The straight line through the Earth between two points, in km: never longer than the way over the surface, equal to it within 1 % below 3,000 km, and
    /// 12,742 km at most.
    /// </summary>
    public static double ChordKm(in SpherePoint a, in SpherePoint b)
    {
        double x = a.X - b.X, y = a.Y - b.Y, z = a.Z - b.Z;
        return RadiusKm * Math.Sqrt((x * x) + (y * y) + (z * z));
    }

    /// <summary>
    /// Sine and cosine of an angle within ±π. The angle is brought into ±π/4 by whole quarter turns; there Taylor's polynomials of degree 13 and 14 are off by
    /// less than 1e−13, so that a distance is off by less than a millimetre.
    /// </summary>
    internal static (double Sin, double Cos) SinCos(double angle)
    {
        int quarter = (int)((angle / QuarterTurn) + (angle < 0 ? -0.5 : 0.5));
        double r = angle - (quarter * QuarterTurn);
        double s = SinPolynomial(r), c = CosPolynomial(r);
        return (quarter & 3) switch
        {
            0 => (s, c),
            1 => (c, -s),
            2 => (-s, -c),
            _ => (-c, s),
        };
    }

    private static double SinPolynomial(double r)
    {
        double q = r * r;
        double sum = 1.0 - (q / 156.0);
        sum = 1.0 - (q / 110.0 * sum);
        sum = 1.0 - (q / 72.0 * sum);
        sum = 1.0 - (q / 42.0 * sum);
        sum = 1.0 - (q / 20.0 * sum);
        return r * (1.0 - (q / 6.0 * sum));
    }

    private static double CosPolynomial(double r)
    {
        double q = r * r;
        double sum = 1.0 - (q / 182.0);
        sum = 1.0 - (q / 132.0 * sum);
        sum = 1.0 - (q / 90.0 * sum);
        sum = 1.0 - (q / 56.0 * sum);
        sum = 1.0 - (q / 30.0 * sum);
        sum = 1.0 - (q / 12.0 * sum);
        return 1.0 - (q / 2.0 * sum);
    }
}
