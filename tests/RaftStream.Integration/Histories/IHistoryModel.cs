namespace RaftStream.Integration.Histories;

/// <summary>What one object does when it is used by one after the other.</summary>
/// <typeparam name="TState">Its states; equal ones are the same.</typeparam>
/// <typeparam name="TAction">A call together with its answer.</typeparam>
internal interface IHistoryModel<TState, in TAction>
    where TState : notnull
{
    /// <summary>Before anything happened.</summary>
    TState Initial { get; }

    /// <summary>The state afterwards; false when the answer cannot come from <paramref name="state"/>.</summary>
    bool TryApply(TState state, TAction action, out TState next);
}
