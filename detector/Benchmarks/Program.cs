using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Game.Detector.Benchmarks;

// In process: a generated project would inherit the repository's central package versions and analyzers, and not build.
ManualConfig config = DefaultConfig.Instance.AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance));
BenchmarkSwitcher.FromTypes([typeof(DecisionBenchmark)]).Run(args.Length == 0 ? ["--filter", "*"] : args, config);
