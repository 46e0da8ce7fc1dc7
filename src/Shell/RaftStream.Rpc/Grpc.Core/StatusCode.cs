namespace Grpc.Core;

/// <summary>Outcome of a call, with gRPC's numbers on the wire (<c>grpc-status</c>).</summary>
public enum StatusCode
{
    /// <summary>Success.</summary>
    OK = 0,

    /// <summary>The caller gave up.</summary>
    Cancelled = 1,

    /// <summary>A failure nobody foresaw: a bug, or an answer that is not gRPC.</summary>
    Unknown = 2,

    /// <summary>The request is wrong whatever the state of the server.</summary>
    InvalidArgument = 3,

    /// <summary>The deadline passed; the operation may still have happened.</summary>
    DeadlineExceeded = 4,

    /// <summary>A named thing does not exist.</summary>
    NotFound = 5,

    /// <summary>A thing to be created is there already.</summary>
    AlreadyExists = 6,

    /// <summary>The caller is known and may not do this.</summary>
    PermissionDenied = 7,

    /// <summary>A limit or quota: message size, memory, streams.</summary>
    ResourceExhausted = 8,

    /// <summary>The state of the server does not allow it; retrying alone will not help.</summary>
    FailedPrecondition = 9,

    /// <summary>Lost a race; retry the whole exchange.</summary>
    Aborted = 10,

    /// <summary>Past the valid range, for now.</summary>
    OutOfRange = 11,

    /// <summary>The server does not know the method.</summary>
    Unimplemented = 12,

    /// <summary>An invariant or the protocol is broken.</summary>
    Internal = 13,

    /// <summary>Not reachable now; retry with backoff.</summary>
    Unavailable = 14,

    /// <summary>Data is lost or corrupt.</summary>
    DataLoss = 15,

    /// <summary>The caller is not known.</summary>
    Unauthenticated = 16,
}
