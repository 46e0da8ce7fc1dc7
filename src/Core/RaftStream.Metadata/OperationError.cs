using RaftStream.Model;

namespace RaftStream.Metadata;

/// <summary>Why a metadata operation was refused; where one is expected, null is success.</summary>
/// <param name="Code">Kafka's error.</param>
/// <param name="Message">One sentence for people: what is wrong and what would be right.</param>
public sealed record OperationError(ErrorCode Code, string Message);
