using Microsoft.Extensions.Logging;
using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Model;

namespace RaftStream.Broker.Controller;

/// <summary>The controller will not have this broker, for a reason that waiting does not mend.</summary>
public sealed class BrokerRefusedException(ErrorCode code, string message) : Exception(message)
{
    /// <summary>Kafka's error.</summary>
    public ErrorCode Code { get; } = code;
}

/// <summary>A broker's life as the controller knows it: registered, heard of again and again, stopped in good order (C-14.9, C-14.10).</summary>
/// <param name="ask">Asks the controller, with retries.</param>
/// <param name="askOnce">The same without: a heartbeat that is late is not worth repeating.</param>
/// <param name="appliedEnd">Exclusive end of the metadata applied here.</param>
/// <param name="hasRoom">Whether the disk takes records .</param>
internal sealed class BrokerSession(
    Func<ControllerRequest, CancellationToken, Task<ControllerAnswer>> ask,
    Func<ControllerRequest, CancellationToken, Task<ControllerAnswer>> askOnce,
    Func<long> appliedEnd,
    Func<bool> hasRoom,
    TimeProvider time,
    ILogger logger)
{
    // A process that was killed lives on in the controller's eyes until its session is over.
    private static readonly TimeSpan LongestDuplicate = TimeSpan.FromSeconds(30);

    // As many as fit into the default session: more would not tell the controller anything.
    private const int MostUnanswered = 8;

    private readonly TaskCompletionSource _mayStop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _unfenced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isFenced = true;
    private volatile bool _wantShutdown;
    private long _heard;
    private NodeId _id;
    private BrokerEpoch _epoch;

    /// <summary>
    /// without room others had better lead. Not before this broker was unfenced once, since it serves, and looks after
    /// its disk, only from then on; and not when it stops, which moves its leaderships anyway.
    /// </summary>
    public bool WantFence => !hasRoom() && _unfenced.Task.IsCompleted && !_wantShutdown;

    /// <summary>True while the controller gives this broker nothing to lead, as far as is known here.</summary>
    public bool IsFenced => _isFenced;

    /// <summary>True when this broker is fenced, or has heard nothing of the controller for a whole session: others may lead by now .</summary>
    public bool MayBeFenced(TimeSpan session) => _isFenced || time.GetElapsedTime(Volatile.Read(ref _heard)) > session;

    /// <summary>True when the last heartbeat had no answer.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Completes when the broker may lead for the first time.</summary>
    public Task Unfenced => _unfenced.Task;

    /// <summary>Registers this incarnation, however long there is no controller.</summary>
    /// <returns>The broker epoch, and the end of the metadata that holds the registration.</returns>
    /// <exception cref="BrokerRefusedException">The controller will not have it.</exception>
    public async Task<(BrokerEpoch Epoch, long MetadataEnd)> RegisterAsync(
        Guid clusterId, BrokerStart start, TimeSpan pause, CancellationToken cancellationToken)
    {
        long began = time.GetTimestamp();
        string? said = null;
        while (true)
        {
            ControllerAnswer answer = await ask(new ControllerRequest.Register(clusterId, start), cancellationToken).ConfigureAwait(false);
            OperationError? error = answer.Error ?? ((RegistrationAnswer)answer.Response!).Error;
            if (error is null)
            {
                (_id, _epoch) = (start.Id, ((RegistrationAnswer)answer.Response!).Epoch);
                return (_epoch, answer.MetadataEnd);
            }

            bool passes = error.Code == ErrorCode.DuplicateBrokerRegistration
                ? time.GetElapsedTime(began) < LongestDuplicate
                : error.Code.IsRetriable();
            if (!passes)
            {
                throw new BrokerRefusedException(error.Code, error.Message);
            }

            if (said != error.Message)
            {
                said = error.Message; // once, and not with every attempt
                BrokerLog.NotRegistered(logger, start.Id.Value, error.Message);
            }

            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Beats until the broker may stop, or is told to. A beat does not wait for the answer to the one before: a controller
    /// that waits for its disk has heard of this broker all the same.
    /// </summary>
    /// <exception cref="BrokerRefusedException">Another process has registered as this broker, or it was unregistered.</exception>
    public async Task BeatAsync(TimeSpan interval, CancellationToken stopping)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var unanswered = new Queue<(long SentAt, Task<ControllerAnswer> Answer)>();
        try
        {
            while (!_mayStop.Task.IsCompleted)
            {
                if (unanswered.Count < MostUnanswered)
                {
                    var heartbeat = new Heartbeat(_id, _epoch, appliedEnd(), WantFence, _wantShutdown);
                    unanswered.Enqueue((time.GetTimestamp(), askOnce(new ControllerRequest.Beat(heartbeat), enough.Token)));
                }

                await ListenAsync(unanswered, Task.Delay(interval, time, stopping)).ConfigureAwait(false);
            }
        }
        finally
        {
            await enough.CancelAsync().ConfigureAwait(false);
            await EndAsync(unanswered.Select(beat => beat.Answer), interval).ConfigureAwait(false);
        }
    }

    /// <summary>Nobody wants these answers any more; a controller on this node that has lost its majority may never give them.</summary>
    private async Task EndAsync(IEnumerable<Task<ControllerAnswer>> unanswered, TimeSpan patience)
    {
        try
        {
            await Task.WhenAll(unanswered).WaitAsync(patience, time).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or Grpc.Core.RpcException or TimeoutException)
        {
            // They were cancelled.
        }
    }

    /// <summary>
    /// Takes answers in the order of their questions until the pause is over; or until one says that the controller, or
    /// the connection to it, has just been lost: then it is asked again at once, since it fences soon who is gone.
    /// </summary>
    private async Task ListenAsync(Queue<(long SentAt, Task<ControllerAnswer> Answer)> unanswered, Task pause)
    {
        while (unanswered.TryPeek(out (long SentAt, Task<ControllerAnswer> Answer) oldest)
            && await Task.WhenAny(oldest.Answer, pause).ConfigureAwait(false) == oldest.Answer)
        {
            _ = unanswered.Dequeue();
            ControllerAnswer answer = await oldest.Answer.ConfigureAwait(false);
            bool wasLost = IsLost;
            IsLost = answer.Error is not null;
            if (answer.Response is HeartbeatAnswer heard)
            {
                Take(heard, oldest.SentAt);
            }
            else if (!wasLost)
            {
                return;
            }
        }

        await pause.ConfigureAwait(false);
    }

    /// <summary>Asks for leave to stop: leaderships move to others first (C-14.10).</summary>
    /// <returns>False when leave did not come in time.</returns>
    public async Task<bool> LeaveAsync(TimeSpan patience)
    {
        _wantShutdown = true;
        Task first = await Task.WhenAny(_mayStop.Task, Task.Delay(patience, time)).ConfigureAwait(false);
        return first == _mayStop.Task;
    }

    private void Take(HeartbeatAnswer heard, long sentAt)
    {
        if (heard.Error is { } error)
        {
            throw new BrokerRefusedException(error.Code, error.Message);
        }

        // the controller's session began when it heard of this broker, which was no earlier than this; the answer may be old.
        Volatile.Write(ref _heard, sentAt);
        if (heard.IsFenced != _isFenced)
        {
            _isFenced = heard.IsFenced;
            BrokerLog.FencedOrNot(logger, _id.Value, heard.IsFenced ? "fenced: it leads nothing" : "unfenced: it may lead");
        }

        if (!heard.IsFenced)
        {
            _unfenced.TrySetResult();
        }

        if (heard.ShouldShutdown)
        {
            _mayStop.TrySetResult();
        }
    }
}
