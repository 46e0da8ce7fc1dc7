using FsCheck;
using FsCheck.Fluent;
using RaftStream.Model;

namespace RaftStream.Kafka.Protocol.Tests;

/// <summary>Runs a check for random seeds; a failure prints the seed.</summary>
internal static class ForAnySeed
{
    public static void Check(int seeds, Action<Prng> check) =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed => check(new Prng((ulong)seed)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(seeds));
}
