using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Model;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Clusters.World;

/// <summary>One node that may be the controller: the real <see cref="Controller"/> on the ideal log.</summary>
internal sealed class ControllerMachine
{
    private readonly ClusterWorld _world;
    private readonly SimulatedClock _clock;
    private readonly Dictionary<long, Action<object?, OperationError?, long>> _callers = [];
    private readonly Queue<ControllerEvent> _waiting = [];
    private readonly List<ControllerEffect> _effects = [];
    private long _lastId;
    private long _timerVersion;
    private bool _isStepping;

    public ControllerMachine(ClusterWorld world, int index, Prng prng)
    {
        _world = world;
        Index = index;
        _clock = new SimulatedClock(world.Agenda, 950 + prng.Next(101));
        Controller = new Controller(world.Options.ControllerOptions);
    }

    public int Index { get; }

    public Controller Controller { get; private set; }

    public bool IsPaused { get; set; }

    public void Submit(ControllerOperation operation, Action<object?, OperationError?, long> answer)
    {
        long id = ++_lastId;
        _callers[id] = answer;
        Step(new ControllerEvent.Submitted(id, operation));
    }

    public void Step(ControllerEvent happened)
    {
        _waiting.Enqueue(happened);
        if (_isStepping)
        {
            return;
        }

        _isStepping = true;
        while (_waiting.TryDequeue(out ControllerEvent? next))
        {
            _effects.Clear();
            Controller.Step(next, _clock.MonotonicMs, _effects);
            foreach (ControllerEffect effect in _effects.ToList())
            {
                CarryOut(effect);
            }
        }

        _isStepping = false;
        ScheduleTimer();
    }

    /// <summary>The process dies and begins with nothing.</summary>
    public void Restart()
    {
        _callers.Clear();
        _waiting.Clear();
        _timerVersion++;
        Controller = new Controller(_world.Options.ControllerOptions);
    }

    private void CarryOut(ControllerEffect effect)
    {
        switch (effect)
        {
            case ControllerEffect.Append append:
                Step(new ControllerEvent.AppendAccepted(append.Id, _world.Quorum.Append(this, append.Epoch, append.Records)));
                break;
            case ControllerEffect.RequestBarrier barrier:
                _world.Quorum.Barrier(this, barrier.Id);
                break;
            case ControllerEffect.Answer answer when _callers.Remove(answer.Id, out Action<object?, OperationError?, long>? caller):
                caller(answer.Response, answer.Error, Controller.Committed.EndOffset);
                break;
            default:
                break;
        }
    }

    private void ScheduleTimer()
    {
        long version = ++_timerVersion;
        long deadline = Controller.NextDeadlineMs;
        if (deadline != long.MaxValue)
        {
            long at = Math.Max(_clock.WorldTimeOf(Math.Max(0, deadline)), _world.Agenda.NowMs + 1);
            _world.Agenda.At(at, () =>
            {
                if (version == _timerVersion)
                {
                    Step(new ControllerEvent.TimePassed());
                }
            });
        }
    }
}
