using FsCheck;
using FsCheck.Fluent;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Tests;

/// <summary>Histories with brokers that come and go and controllers that die: S-R8, S-R11, S-C11, S-C13, S-C15.</summary>
public class ControllerHistoryTests
{
    private static readonly ControllerOptions Small = new() { ClusterId = new Guid(1, 1, 1, new byte[8]), MaxBatchRecords = 4 };

    [Fact]
    public void Whatever_happens_the_images_are_sound_and_equal_to_the_log() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var prng = new Prng((ulong)seed);
            var harness = ControllerHarness.Leading(Small);
            var epochs = new HashSet<long>();
            var blocks = new HashSet<long>();
            for (int step = 0; step < 60; step++)
            {
                Happen(harness, prng, step, epochs, blocks);
                Check(harness);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    private static void Happen(ControllerHarness harness, Prng prng, int step, HashSet<long> epochs, HashSet<long> blocks)
    {
        int id = 1 + prng.Next(4);
        bool known = harness.Controller.Committed.Brokers.Find(new NodeId(id)) is not null;
        switch (prng.Next(9))
        {
            case 0:
            case 1:
                RegistrationAnswer answer = harness.Register(id, prng.NextGuid());
                Assert.True(answer.Error is not null || epochs.Add(answer.Epoch.Value));
                break;
            case 2 when known:
                harness.Beat(id, wantShutdown: prng.OneIn(3), wantFence: prng.OneIn(6));
                break;
            case 3:
                foreach (NodeId each in harness.Controller.Committed.Brokers.ById.Keys)
                {
                    harness.Beat(each.Value);
                }

                break;
            case 4:
                harness.Tick(prng.Next(2500));
                break;
            case 5:
                harness.FailOver();
                break;
            case 6:
                DieWithoutAnAnswer(harness, prng);
                break;
            case 7 when known:
                harness.Submit(ControllerOperation.Of("topic", image => Create(image, "t" + step, prng)));
                break;
            default:
                Assert.True(blocks.Add(harness.Ask<long>(ProducerIdControl.Allocate)));
                break;
        }
    }

    /// <summary>The log takes only some batches of a topic with many partitions, and another controller goes on.</summary>
    private static void DieWithoutAnAnswer(ControllerHarness harness, Prng prng)
    {
        harness.Accepts = false;
        harness.Appends.Clear();
        long id = harness.Submit(ControllerOperation.Of("topic", image => Create(image, "big", prng)));
        foreach (ControllerEffect.Append append in harness.Appends.Take(prng.Next(harness.Appends.Count + 1)).ToList())
        {
            harness.Log.Add((harness.LogEnd, append.Records));
            harness.WriteRecords(append.Records.Length);
        }

        harness.Accepts = true;
        harness.FailOver();
        Assert.False(harness.Answers.TryGetValue(id, out ControllerEffect.Answer? answer) && answer.Error is null && harness.Appends.Count > 4);
    }

    private static Decision<object> Create(MetadataImage image, string name, Prng prng)
    {
        var topic = new NewTopic { Name = name, Partitions = 1 + prng.Next(12), ReplicationFactor = 1 + prng.Next(3) };
        Decision<System.Collections.Immutable.ImmutableArray<TopicOutcome>> decision =
            TopicControl.Create(image, new ControllerSettings(), [topic], validateOnly: false, prng);
        return new Decision<object>(decision.Records, decision.Response);
    }

    private static void Check(ControllerHarness harness)
    {
        var replay = new MetadataReplay(MetadataImage.Empty);
        foreach ((long baseOffset, var records) in harness.Log)
        {
            replay.Apply(baseOffset, records);
        }

        MetadataImage image = harness.Controller.Committed;
        Assert.False(replay.InTransaction);
        Assert.Equal(ImageSnapshot.Write(replay.Image), ImageSnapshot.Write(image));
        foreach (PartitionState partition in image.Topics.InOrder().SelectMany(t => t.Partitions))
        {
            partition.CheckInvariants();
            Assert.All(partition.Isr, member => Assert.True(image.Brokers.IsActive(member), "an inactive broker is in an ISR"));
        }
    }
}
