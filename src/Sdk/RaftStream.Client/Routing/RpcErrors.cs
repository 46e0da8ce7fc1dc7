using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using RaftStream.Client.V1;
using RaftStream.Model;
using Status = Grpc.Core.Status;

namespace RaftStream.Client.Routing;

/// <summary>Turns failed calls and errors inside answers into exceptions that say what to do.</summary>
internal static class RpcErrors
{
    /// <summary>The trailer in which a broker explains a failed call.</summary>
    private const string ErrorTrailer = "raftstream-error-bin";

    /// <summary>The exception for an error inside an answer; null for none or success.</summary>
    public static RaftStreamException? ToException(Error? error) =>
        error is null || error.Code == (int)ErrorCode.None ? null : new RaftStreamException(CodeOf(error), Describe(error));

    /// <summary>Throws for an error inside an answer.</summary>
    public static void ThrowIfFailed(Error? error)
    {
        if (ToException(error) is { } exception)
        {
            throw exception;
        }
    }

    /// <summary>The exception for a call to <paramref name="endpoint"/> that failed.</summary>
    public static RaftStreamException ToException(RpcException exception, string endpoint)
    {
        if (FromTrailer(exception.Trailers) is { } explained)
        {
            return new RaftStreamException(CodeOf(explained), Describe(explained), exception);
        }

        Status status = exception.Status;
        string detail = status.Detail.TrimEnd('.');
        return status.StatusCode switch
        {
            StatusCode.Unavailable => new RaftStreamException(
                ErrorCode.NetworkException,
                $"Cannot reach the broker at {endpoint}: {detail}. Check that it runs and that the address is its gRPC port.",
                exception),
            StatusCode.DeadlineExceeded => new RaftStreamException(
                ErrorCode.RequestTimedOut,
                $"The broker at {endpoint} did not answer in time: it may be overloaded, or the network slow.",
                exception),
            StatusCode.Unimplemented => new RaftStreamException(
                ErrorCode.UnsupportedVersion,
                $"The server at {endpoint} does not know this call ({detail}): is it a RaftStream broker, and as new as this client?",
                exception),
            StatusCode.ResourceExhausted => new RaftStreamException(
                ErrorCode.MessageTooLarge, $"A message to or from {endpoint} is above the limit: {detail}.", exception),
            StatusCode.Unauthenticated or StatusCode.PermissionDenied => new RaftStreamException(
                ErrorCode.ClusterAuthorizationFailed, $"The broker at {endpoint} refused this client: {detail}.", exception),
            StatusCode.Cancelled or StatusCode.Aborted => new RaftStreamException(
                ErrorCode.NetworkException, $"The broker at {endpoint} ended the call: {detail}.", exception),
            _ => new RaftStreamException(
                ErrorCode.UnknownServerError,
                string.Create(CultureInfo.InvariantCulture, $"The call to {endpoint} failed with status {status.StatusCode}: {detail}."),
                exception),
        };
    }

    /// <summary>The number, as one of ours: a newer broker may send numbers that this client does not know.</summary>
    private static ErrorCode CodeOf(Error error)
    {
        var code = (ErrorCode)error.Code;
        return Enum.IsDefined(code) ? code : ErrorCode.UnknownServerError;
    }

    private static string Describe(Error error)
    {
        string name = error.Name.Length > 0 ? error.Name : CodeOf(error).KafkaName();
        return error.Message.Length > 0
            ? $"{name}: {error.Message}"
            : string.Create(CultureInfo.InvariantCulture, $"{name} (error {error.Code})");
    }

    private static Error? FromTrailer(Metadata trailers)
    {
        foreach (Metadata.Entry entry in trailers)
        {
            if (entry.Key != ErrorTrailer)
            {
                continue;
            }

            try
            {
                return Error.Parser.ParseFrom(entry.ValueBytes);
            }
            catch (InvalidProtocolBufferException)
            {
                // Not ours, or broken on the way: the status must do.
                return null;
            }
        }

        return null;
    }
}
