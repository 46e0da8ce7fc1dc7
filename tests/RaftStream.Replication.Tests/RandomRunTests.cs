using FsCheck;
using FsCheck.Fluent;
using RaftStream.Model;

namespace RaftStream.Replication.Tests;

/// <summary>Random runs against the rules in their plainest form: nothing is acknowledged early, lost, or answered twice.</summary>
public class RandomRunTests
{
    [Fact]
    public void Every_request_is_answered_once_and_success_only_when_it_counts() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed => Run(new Prng((ulong)seed)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    private static void Run(Prng prng)
    {
        var machine = new PartitionLeader<int, int>();
        var effects = new List<PartitionEffect<int, int>>();
        var produces = new Dictionary<int, (Offset End, long DeadlineMs, int Epoch)>();
        var fetches = new Dictionary<int, (long WakeAt, long DeadlineMs)>();
        bool commit = prng.OneIn(2);
        long start = 0, end = 0, effective = 0, nowMs = 0, committedBytes = 0;
        var appended = new List<(long End, int Bytes)>();
        int epoch = 0, partitionEpoch = 0, next = 0;
        Lead();

        for (int step = 0; step < 200; step++)
        {
            Offset before = machine.HighWatermark;
            switch (prng.Next(8))
            {
                case 2 when appended.Count > 0:
                    SendAgain();
                    break;
                case 0:
                case 1:
                case 2:
                    Append();
                    break;
                case 3:
                    effective = prng.Next(effective, end + 1);
                    machine.OnLogChanged(Bounds(), nowMs, effects);
                    break;
                case 4:
                    nowMs += prng.Next(40);
                    machine.OnTimePassed(nowMs, effects);
                    Check();
                    Assert.All(produces.Values, p => Assert.True(p.DeadlineMs > nowMs));
                    Assert.All(fetches.Values, f => Assert.True(f.DeadlineMs > nowMs));
                    break;
                case 5:
                    int fetch = next++;
                    long missing = 1 + prng.Next(300);
                    fetches.Add(fetch, (committedBytes + missing, nowMs + prng.Next(100)));
                    machine.OnFetchParked(fetch, machine.HighWatermark, machine.HighWatermark, missing, fetches[fetch].DeadlineMs, effects);
                    break;
                case 6:
                    start = prng.Next(start, machine.HighWatermark.Value + 1);
                    machine.OnLogChanged(Bounds(), nowMs, effects);
                    break;
                default:
                    if (prng.OneIn(6))
                    {
                        epoch += prng.Next(2);
                        Lead();
                    }

                    break;
            }

            Check();
            Assert.True(machine.HighWatermark >= before);
            Assert.True(machine.NextDeadlineMs <= produces.Values.Select(p => p.DeadlineMs).Concat(fetches.Values.Select(f => f.DeadlineMs)).DefaultIfEmpty(long.MaxValue).Min());
            Assert.Equal(produces.Count, machine.WaitingProduces);
            Assert.Equal(fetches.Count, machine.ParkedFetches);
            Assert.All(produces.Values, p => Assert.True(p.End.Value > effective, "an answer is due"));
            Assert.All(fetches.Values, f => Assert.True(f.WakeAt > committedBytes, "a wake-up is due"));
        }

        void Lead()
        {
            var self = new NodeId(1);
            machine.OnBecomeLeader(
                new LeadershipState
                {
                    Self = self,
                    LeaderEpoch = new LeaderEpoch(epoch),
                    PartitionEpoch = new PartitionEpoch(partitionEpoch++),
                    Replicas = [self],
                    Isr = [self],
                    MinIsr = 1,
                },
                Bounds(),
                machine.HighWatermark,
                nowMs,
                effects);
        }

        void Append()
        {
            int request = next++;
            int records = 1 + prng.Next(5);
            int bytes = 1 + prng.Next(100);
            var baseOffset = new Offset(end);
            end += records;
            effective = commit ? effective : end;
            appended.Add((end, bytes));
            RequiredAcks acks = prng.Next(3) switch { 0 => RequiredAcks.All, 1 => RequiredAcks.Leader, _ => RequiredAcks.None };
            long deadlineMs = nowMs + 1 + prng.Next(100);
            if (acks != RequiredAcks.None)
            {
                produces.Add(request, (new Offset(end), deadlineMs, epoch));
            }

            machine.OnAppended(request, acks, baseOffset, bytes, Bounds(), deadlineMs, nowMs, effects);
        }

        void SendAgain()
        {
            int request = next++;
            long until = appended[prng.Next(appended.Count)].End;
            RequiredAcks acks = prng.Next(2) == 0 ? RequiredAcks.All : RequiredAcks.Leader;
            long deadlineMs = nowMs + 1 + prng.Next(100);
            produces.Add(request, (new Offset(until), deadlineMs, epoch));
            machine.OnDuplicate(request, acks, new Offset(until - 1), new Offset(until), deadlineMs, nowMs, effects);
        }

        LogBounds Bounds() => new(new Offset(start), new Offset(end), new Offset(effective));

        void Check()
        {
            committedBytes = appended.Where(a => a.End <= machine.HighWatermark.Value).Sum(a => (long)a.Bytes);
            foreach (PartitionEffect<int, int> effect in effects)
            {
                if (effect.Kind == PartitionEffectKind.AnswerProduce)
                {
                    Assert.True(produces.Remove(effect.Produce, out var produce), "answered twice");
                    Assert.True(effect.Error switch
                    {
                        ErrorCode.None => produce.End.Value <= effective && produce.Epoch == epoch,
                        ErrorCode.RequestTimedOut => produce.DeadlineMs <= nowMs,
                        ErrorCode.NotLeaderOrFollower => produce.Epoch < epoch,
                        _ => false,
                    });
                }
                else if (effect.Kind == PartitionEffectKind.WakeFetch)
                {
                    Assert.True(fetches.Remove(effect.Fetch), "woken twice");
                }
                else
                {
                    Assert.True(effect.HighWatermark.Value <= effective); // S-R5
                }
            }

            effects.Clear();
        }
    }
}
