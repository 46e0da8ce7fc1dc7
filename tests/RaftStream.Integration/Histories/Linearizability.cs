namespace RaftStream.Integration.Histories;

/// <summary>
/// Looks for an order of a history's calls in which each takes effect at one moment between its ends and every answer is
/// right: Wing and Gong's search with Lowe's memory of configurations that led nowhere.
/// </summary>
internal static class Linearizability
{
    /// <summary>Null when there is such an order; else where the best attempt got stuck, for people.</summary>
    public static string? Violation<TState, TAction>(IHistoryModel<TState, TAction> model, IEnumerable<Interval<TAction>> history)
        where TState : notnull => new Search<TState, TAction>(model, [.. history.OrderBy(call => call.Called)]).Run();

    private sealed class Search<TState, TAction>(IHistoryModel<TState, TAction> model, Interval<TAction>[] calls)
        where TState : notnull
    {
        private readonly HashSet<(string Done, TState State)> _deadEnds = [];
        private readonly char[] _done = [.. Enumerable.Repeat('-', calls.Length)];
        private readonly List<int> _order = [];
        private List<int> _best = [];
        private TState _bestState = model.Initial;

        public string? Run() => Extend(model.Initial) ? null : Report();

        /// <summary>True when the calls that are left can follow from <paramref name="state"/>.</summary>
        private bool Extend(TState state)
        {
            // What returned before another was called came before it: nothing may go first that was called after this.
            long earliestReturn = long.MaxValue;
            for (int i = 0; i < calls.Length; i++)
            {
                if (_done[i] == '-' && calls[i].Returned is { } returned)
                {
                    earliestReturn = Math.Min(earliestReturn, returned);
                }
            }

            if (earliestReturn == long.MaxValue)
            {
                return true; // Only calls without an answer are left, and they may never take effect.
            }

            if (!_deadEnds.Add((new string(_done), state)))
            {
                return false;
            }

            for (int i = 0; i < calls.Length && calls[i].Called <= earliestReturn; i++)
            {
                if (_done[i] != '-' || !model.TryApply(state, calls[i].Action, out TState next))
                {
                    continue;
                }

                _done[i] = 'x';
                _order.Add(i);
                Remember(next);
                if (Extend(next))
                {
                    return true;
                }

                _order.RemoveAt(_order.Count - 1);
                _done[i] = '-';
            }

            return false;
        }

        private void Remember(TState state)
        {
            if (_order.Count > _best.Count)
            {
                _best = [.. _order];
                _bestState = state;
            }
        }

        private string Report()
        {
            const int Shown = 12;
            IEnumerable<string> before = _best.TakeLast(Shown).Select(i => $"  {calls[i]}");
            IEnumerable<string> stuck = Enumerable.Range(0, calls.Length).Except(_best).Take(Shown).Select(i => $"  {calls[i]}");
            return $"No order of the {calls.Length} calls explains their answers. The best attempt ends with:\n{string.Join('\n', before)}\n"
                + $"and cannot go on from {_bestState} with any of:\n{string.Join('\n', stuck)}";
        }
    }
}
