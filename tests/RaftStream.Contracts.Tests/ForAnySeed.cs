using FsCheck;
using FsCheck.Fluent;
using RaftStream.Model;

namespace RaftStream.Contracts.Tests;

/// <summary>Runs a check for 200 random seeds; a failure prints the seed.</summary>
internal static class ForAnySeed
{
    public static void Check(Action<Prng> check) =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed => check(new Prng((ulong)seed)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(200));
}
