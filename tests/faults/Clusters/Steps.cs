namespace Faults.Tests.Clusters;

/// <summary>Says in an exception's message in which step it happened.</summary>
internal static class Steps
{
    public static async Task OrSayAsync(this Task step, string name)
    {
        try
        {
            await step;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{name}: {e.Message}", e);
        }
    }
}
