using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Broker.Server.Metrics;

/// <summary>The resources that the process uses, under the names that Prometheus' client libraries use.</summary>
internal static class ProcessMetrics
{
    /// <summary>Adds them to a broker's meter. Two brokers in one process report the same values.</summary>
    public static void AddTo(Meter meter)
    {
        meter.CreateObservableCounter("process.cpu", () => Environment.CpuUsage.TotalTime.TotalSeconds is var seconds ? (long)seconds : 0, "s",
            "CPU time of the process in whole seconds");
        meter.CreateObservableGauge("process.resident_memory", () => Environment.WorkingSet, "By", "Memory of the process that is in RAM");
        meter.CreateObservableGauge("process.managed_heap", () => GC.GetTotalMemory(forceFullCollection: false), "By", "Managed objects, dead ones included");
        meter.CreateObservableCounter("process.allocated", () => GC.GetTotalAllocatedBytes(), "By", "Managed bytes allocated since the start");
        meter.CreateObservableGauge("process.pool_threads", () => ThreadPool.ThreadCount, unit: null, "Threads of the thread pool");
        meter.CreateObservableGauge("process.start_time", () => new DateTimeOffset(Process.GetCurrentProcess().StartTime).ToUnixTimeSeconds(), "s",
            "When the process started, in Unix time");
    }
}
