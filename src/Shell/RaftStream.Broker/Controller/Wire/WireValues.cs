using Google.Protobuf;
using RaftStream.Internal.V1;
using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Broker.Controller.Wire;

/// <summary>Values that several messages share.</summary>
internal static class WireValues
{
    private const int IdLength = 16;

    public static ByteString ToWire(Guid id) => ByteString.CopyFrom(id.ToByteArray(bigEndian: true));

    /// <summary>All zeros when it is not an id.</summary>
    public static Guid ToGuid(ByteString bytes) => bytes.Length == IdLength ? new Guid(bytes.Span, bigEndian: true) : Guid.Empty;

    public static NamedTopic ToWire(TopicReference topic) => new()
    {
        Name = topic.Name ?? "",
        Id = topic.Id == TopicId.None ? ByteString.Empty : ToWire(topic.Id.Value),
    };

    public static TopicReference ToTopic(NamedTopic? topic) =>
        new(topic?.Name ?? "", topic is { Id.Length: IdLength } ? new TopicId(ToGuid(topic.Id)) : TopicId.None);

    public static ConfigsOwner ToWire(ConfigOwner owner) => new() { Scope = (int)owner.Scope, Name = owner.Name };

    public static ConfigOwner ToOwner(ConfigsOwner? owner) => new((ConfigScope)(owner?.Scope ?? 0), owner?.Name ?? "");

    /// <summary>UNKNOWN_SERVER_ERROR when it cannot be one: cut to its low bits, a number too large could read as success.</summary>
    public static ErrorCode ToErrorCode(int code) => code is >= short.MinValue and <= short.MaxValue ? (ErrorCode)code : ErrorCode.UnknownServerError;

    public static RequestError ToWire(OperationError? error) =>
        error is null ? new RequestError() : new RequestError { Code = (int)error.Code, Message = error.Message };

    public static OperationError? ToError(RequestError? error) =>
        error is null or { Code: 0 } ? null : new OperationError(ToErrorCode(error.Code), error.Message);
}
