using System.Globalization;
using RaftStream.Model;
using Xunit.Abstractions;

namespace RaftStream.Kafka.Protocol.Tests.Fuzzing;

/// <summary>
/// Random and spoiled frames of all requests. A short sweep each time; <c>RAFTSTREAM_FUZZ_FRAMES=5000000</c> makes it longer and
/// <c>RAFTSTREAM_FUZZ_SEED</c> another one.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    [Fact]
    public void No_frame_does_more_than_be_refused_in_bounded_memory()
    {
        long frames = Setting("RAFTSTREAM_FUZZ_FRAMES", 200_000);
        long seed = Setting("RAFTSTREAM_FUZZ_SEED", 1);
        var prng = new Prng((ulong)seed);
        var fuzzer = new FrameFuzzer(prng);

        for (long i = 0; i < frames; i++)
        {
            try
            {
                fuzzer.Step(prng);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Frame {i} of seed {seed}.", exception);
            }
        }

        output.WriteLine($"{frames} frames, accepted {fuzzer.Accepted}, refused {string.Join(", ", fuzzer.Refused)}, "
            + $"allocated at most {FrameFuzzer.AllocationBase} + {fuzzer.MostPerByte:F1} bytes per byte");
        // A sweep that meets only one kind of fault, or none, tests nothing.
        Assert.InRange(fuzzer.Accepted, frames / 50, frames / 2);
        Assert.Equal(Enum.GetValues<KafkaProtocolError>().Except([KafkaProtocolError.UnsupportedVersion, KafkaProtocolError.OverLimit]), fuzzer.Refused.Keys.Except([KafkaProtocolError.OverLimit]));
    }

    private static long Setting(string name, long standard) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? long.Parse(text, CultureInfo.InvariantCulture) : standard;
}
