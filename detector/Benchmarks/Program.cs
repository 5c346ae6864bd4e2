using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Game.Detector.Benchmarks;

// In process: the repository's central package versions and analyzers are no business of a generated project.
ManualConfig config = DefaultConfig.Instance.AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance));
BenchmarkSwitcher.FromTypes([typeof(DecisionBenchmark)]).Run(args.Length == 0 ? ["--filter", "*"] : args, config);
