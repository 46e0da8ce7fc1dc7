using System.Globalization;

namespace RaftStream.Integration.Histories;

/// <summary>A call to grow a number, or to ask whether it could be grown, with its answer.</summary>
/// <param name="To">The number asked for.</param>
/// <param name="IsQuestion">Only asks; changes nothing.</param>
/// <param name="WasBelow">What the answer says: the number was below <paramref name="To"/>. Null without an answer.</param>
internal sealed record GrowthAction(int To, bool IsQuestion, bool? WasBelow)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{(IsQuestion ? "ask" : "grow to")} {To} -> {WasBelow switch { true => "was below", false => "was not below", null => "no answer" }}");
}

/// <summary>A number that only grows, such as a topic's partitions: a register that many may write at once.</summary>
/// <remarks>As with <see cref="ExistenceModel"/>, a growth that was tried twice may find itself done.</remarks>
internal sealed class GrowthModel(int initial) : IHistoryModel<int, GrowthAction>
{
    public int Initial { get; } = initial;

    public bool TryApply(int state, GrowthAction action, out int next)
    {
        next = action.IsQuestion ? state : Math.Max(state, action.To);
        return action.WasBelow switch
        {
            true => state < action.To,
            false => state >= action.To || !action.IsQuestion,
            null => true,
        };
    }
}
