using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace RaftStream.Benchmarks;

/// <summary>
/// A few iterations in this very process: nothing is restored or built for a run, and it ends within minutes.
/// </summary>
public sealed class QuickInProcess : ManualConfig
{
    public QuickInProcess()
    {
        AddJob(Job.Default
            .WithToolchain(InProcessEmitToolchain.Instance)
            .WithWarmupCount(6)
            .WithIterationCount(11));
        AddDiagnoser(new MemoryDiagnoser(new MemoryDiagnoserConfig(displayGenColumns: false)));
    }
}
