using RaftStream.Client;
using RaftStream.Model;
using RaftStream.Storage;

namespace RaftStream.Cli.CommandLine;

/// <summary>What a failure is called in front of people.</summary>
internal static class Failures
{
    /// <summary>One or two lines: what happened, and what to do where that is known.</summary>
    public static string Explain(Exception exception) => exception switch
    {
        CliException => exception.Message,
        RaftStreamException refused => Explain(refused),
        StorageException => exception.Message,
        UnauthorizedAccessException or IOException => exception.Message,
        ArgumentException => exception.Message,
        _ => $"unexpected {exception.GetType().Name}: {exception.Message}\n"
            + "This is a bug in raftstream; set RAFTSTREAM_DEBUG=1 to see where.",
    };

    /// <summary>The failure of a request: the SDK's sentence, Kafka's name of it, and the command that helps.</summary>
    public static string Explain(RaftStreamException refused)
    {
        string name = refused.Code.KafkaName();
        string message = refused.Message.StartsWith($"{name}: ", StringComparison.Ordinal) ? refused.Message[(name.Length + 2)..] : refused.Message;
        string sentence = $"{message} [{name}]";
        string? advice = Advice(refused);
        return advice is null ? sentence : $"{sentence}\n{advice}";
    }

    private static string? Advice(RaftStreamException refused) => refused.Code switch
    {
        ErrorCode.UnknownTopicOrPartition =>
            "Topics are listed by: raftstream topic list. Create one with: raftstream topic create <name>",
        ErrorCode.TopicAlreadyExists => "See it with: raftstream topic describe <name>",
        ErrorCode.InvalidConfig => "All keys with their types: raftstream topic describe <name> --configs",
        ErrorCode.NotController or ErrorCode.LeaderNotAvailable or ErrorCode.BrokerNotAvailable =>
            "What a node knows of the cluster is shown by: raftstream cluster describe",
        ErrorCode.DuplicateVoter or ErrorCode.VoterNotFound or ErrorCode.InvalidVoterKey =>
            "The voters with their directory ids: raftstream quorum describe",
        ErrorCode.BrokerIdNotRegistered => "The brokers are listed by: raftstream broker list",
        ErrorCode.MessageTooLarge =>
            "Raise it with: raftstream topic alter <name> --config max.message.bytes=<bytes>",
        ErrorCode.UnknownServerError when refused.Message.Contains("HTTP/2", StringComparison.Ordinal) =>
            "Is that the gRPC port of a RaftStream broker (by default 9090, not the HTTP port 8080)?",
        _ => null,
    };
}
