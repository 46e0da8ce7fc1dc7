namespace RaftStream.Integration.Histories;

/// <summary>What was asked of a topic's name.</summary>
internal enum ExistenceCall
{
    /// <summary>Create it.</summary>
    Create,

    /// <summary>Delete it.</summary>
    Delete,

    /// <summary>Could it be created? Asks the controller and changes nothing.</summary>
    Look,
}

/// <summary>A call about a topic's name with its answer.</summary>
/// <param name="WasThere">What the answer says: the name was taken, or free, when the call took effect. Null without an answer.</param>
internal sealed record ExistenceAction(ExistenceCall Call, bool? WasThere)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Call} -> {WasThere switch { true => "was there", false => "was not there", null => "no answer" }}";
}

/// <summary>A name that is taken or free.</summary>
/// <remarks>A node tries again on behalf of its client when the leader is lost; still a call takes effect once, and is answered by what it did then (P32).</remarks>
internal sealed class ExistenceModel : IHistoryModel<bool, ExistenceAction>
{
    public bool Initial => false;

    public bool TryApply(bool state, ExistenceAction action, out bool next)
    {
        (bool isPossible, next) = action switch
        {
            { Call: ExistenceCall.Create } => (action.WasThere is null || action.WasThere == state, true),
            { Call: ExistenceCall.Delete } => (action.WasThere is null || action.WasThere == state, false),
            _ => (action.WasThere is null || action.WasThere == state, state),
        };
        return isPossible;
    }
}
