using System.CommandLine;
using RaftStream.Cli.CommandLine;

namespace RaftStream.Benchmarks.Doors;

/// <summary>The measurements of the Kafka door.</summary>
internal static class DoorCommands
{
    private static readonly TimeSpan StandardDuration = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan StandardWarmUp = TimeSpan.FromSeconds(2);

    public static Command KafkaDoor(Option<string> raftstream, Option<int> rounds)
    {
        Option<TimeSpan?> warmUp = Durations.Option("--warm-up", "Load before the clock starts; default 2s");
        Option<TimeSpan?> duration = Durations.Option("--duration", "Measured time of one run; default 4s");
        var only = new Option<string>("--only") { Description = "Only the cases with this in their name", DefaultValueFactory = static _ => "" };
        var command = new Command("kafka-door", "The same load through the gRPC door and the Kafka door of one broker, in turns.")
        {
            raftstream, rounds, warmUp, duration, only,
        };
        command.SetAction(async (parsed, _) => await DoorsSuite.RunAsync(
            parsed.GetRequiredValue(raftstream),
            parsed.GetValue(rounds),
            parsed.GetValue(warmUp) ?? StandardWarmUp,
            parsed.GetValue(duration) ?? StandardDuration,
            parsed.GetRequiredValue(only)));
        return command;
    }

    public static Command KafkaFetch(Option<string> raftstream, Option<int> rounds)
    {
        Option<TimeSpan?> duration = Durations.Option("--duration", "Measured time of one run; default 4s");
        var command = new Command("kafka-fetch", "Fetch from the page cache through the Kafka door, beside sendfile in C on the same file (needs gcc).")
        {
            raftstream, rounds, duration,
        };
        command.SetAction(async (parsed, _) => await FetchSuite.RunAsync(
            parsed.GetRequiredValue(raftstream), parsed.GetValue(rounds), parsed.GetValue(duration) ?? StandardDuration));
        return command;
    }

    public static Command Librdkafka(Option<string> raftstream, Option<int> rounds, Option<int> percent)
    {
        var program = new Option<string?>("--program")
        {
            Description = RdkafkaSuite.HowToGet,
            DefaultValueFactory = static _ => Environment.GetEnvironmentVariable(RdkafkaSuite.Variable),
            HelpName = "path",
        };
        var command = new Command("kafka-librdkafka", "librdkafka's performance program as producer and consumer of one broker.") { raftstream, rounds, percent, program };
        command.SetAction((parsed, _) => RdkafkaSuite.RunAsync(
            parsed.GetRequiredValue(raftstream), parsed.GetValue(program), parsed.GetValue(rounds), parsed.GetValue(percent)));
        return command;
    }
}
