using Game.Detector.Windows;

namespace Game.Detector.Scoring;

/// <summary>Arithmetic that scores share.</summary>
internal static class Score
{
    private const double Steps = 10_000;

    /// <summary>A second alert within the quiet time needs a score higher by this much.</summary>
    private const double Escalation = 0.1;

    /// <summary>0 up to <paramref name="from"/>, 1 from <paramref name="to"/>, straight between.</summary>
    public static double Ramp(double value, double from, double to) => Math.Clamp((value - from) / (to - from), 0, 1);

    /// <summary>Brings a sum of weights into 0 to 1, with four digits.</summary>
    public static double Final(double sum) => (int)((Math.Clamp(sum, 0, 1) * Steps) + 0.5) / Steps;

    /// <summary>Whether a score is to be raised, given the newest alert of the same rule on the same player.</summary>
    public static bool ShouldAlert(double score, double threshold, long ts, int quietMinutes, in AlertMemory last)
    {
        if (score < threshold)
        {
            return false;
        }
        bool quiet = last.HasAlert && Math.Abs(ts - last.Ts) < quietMinutes * 60_000L;
        return !quiet || score >= last.Score + Escalation;
    }
}
