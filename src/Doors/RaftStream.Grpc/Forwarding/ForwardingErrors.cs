using Google.Protobuf;
using Grpc.Core;
using RaftStream.Client.V1;
using RaftStream.Model;

namespace RaftStream.Grpc.Forwarding;

/// <summary>What a client is told when a leader did not answer what was passed on to it.</summary>
internal static class ForwardingErrors
{
    /// <summary>The failure of a call to a leader, with a hint at it.</summary>
    /// <remarks>
    /// What the leader itself said is passed on. Otherwise the code is retriable and leaves open whether the leader has done what it
    /// was asked: REQUEST_TIMED_OUT when it did not answer in time, NETWORK_EXCEPTION when the way to it broke, and
    /// NOT_LEADER_OR_FOLLOWER when it was given up because the partition has another leader.
    /// </remarks>
    public static Error ToError(RpcException exception, LeaderAddress leader, WatchedLeader watched)
    {
        if (watched.HasMoved)
        {
            return GrpcErrors.ToError(
                ErrorCode.NotLeaderOrFollower, $"Broker {leader.Id} at {leader.Endpoint} leads the partition no longer, and has not answered.")!;
        }

        Error error = Told(exception) ?? (exception.StatusCode == StatusCode.DeadlineExceeded
            ? GrpcErrors.ToError(ErrorCode.RequestTimedOut, $"Broker {leader.Id} at {leader.Endpoint}, which leads the partition, did not answer in time.")!
            : GrpcErrors.ToError(
                ErrorCode.NetworkException,
                $"Broker {leader.Id} at {leader.Endpoint}, which leads the partition, did not answer: {exception.Status.Detail}")!);
        error.Leader ??= leader.ToHint();
        return error;
    }

    private static Error? Told(RpcException exception)
    {
        try
        {
            return exception.Trailers.GetValueBytes(GrpcErrors.Trailer) is { } bytes ? Error.Parser.ParseFrom(bytes) : null;
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
