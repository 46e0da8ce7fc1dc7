using System.Collections.Concurrent;
using RaftStream.Metadata.Control;
using RaftStream.Replication.Tests.Explorer;

namespace RaftStream.Replication.Tests;

/// <summary>
/// Random lives of one partition with three replicas: lossy crashes, lost, doubled and overtaken messages, fencing, changing
/// minima, late metadata; then everything heals. Each rule that is switched off must be noticed.
/// </summary>
public class ExplorerTests
{
    private const int Lives = 500;
    private const int MostLivesOfMutant = 8_000;

    /// <summary>
    /// Need a rare order of events: <see cref="MutantScenarioTests"/> finds them step by step. The two of the controller are
    /// held by its own tests: without an ELR partitions only wait longer for a leader here, where every broker comes back.
    /// Stamps, the ends that clients are told, and producers with numbers are the broker's: the simulation of whole clusters finds those.
    /// </summary>
    private static readonly HashSet<string> ByScenario =
    [
        nameof(ReplicationSabotage.TakeAnyAnswer), nameof(ReplicationSabotage.KeepRemoteState), nameof(ReplicationSabotage.AckByOffsetOnly),
        nameof(ReplicationSabotage.TakeStaleBroker), nameof(ReplicationSabotage.RevertAfterRefusal), nameof(MetadataSabotage.NoElr),
        nameof(MetadataSabotage.KeepUncleanElr), nameof(MetadataSabotage.NoStamp), nameof(ReplicationSabotage.MinIsrFromConfig),
        nameof(ReplicationSabotage.EndBeforeReignStart), nameof(ReplicationSabotage.AckDuplicateAtOnce),
    ];

    private static readonly Dictionary<string, Func<WorldOptions, WorldOptions>> All = Make();

    public static TheoryData<string> Mutants => [.. All.Keys.Where(name => !ByScenario.Contains(name))];

    [Fact]
    public void Nothing_committed_is_lost_and_everything_heals()
    {
        // S-R1, S-R2, S-R3, S-R5, S-R6, S-R8, S-R9, S-R10, S-R13, S-R14, L-5, L-6, L-9.
        var marks = new ConcurrentDictionary<string, bool>();
        Parallel.For(0, Lives, seed =>
        {
            try
            {
                foreach (string mark in Live((ulong)seed, WorldOptions.Of((ulong)seed)))
                {
                    marks[mark] = true;
                }
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Seed {seed}: {exception.Message}", exception);
            }
        });

        // Rare branches came about.
        Assert.Superset(
            new HashSet<string>(["None", "FencedLeaderEpoch", "InvalidUpdateVersion", "IneligibleReplica", "StaleBrokerEpoch"]),
            new HashSet<string>(marks.Keys));
    }

    [Theory]
    [MemberData(nameof(Mutants))]
    public void F_11_a_switched_off_rule_is_noticed(string mutant)
    {
        ParallelLoopResult all = Parallel.For(0, MostLivesOfMutant, (seed, loop) =>
        {
            try
            {
                Live((ulong)seed, All[mutant](WorldOptions.Of((ulong)seed)));
            }
            catch (Exception exception) when (exception is BrokenRuleException or Model.InvariantViolationException)
            {
                loop.Stop();
            }
        });

        Assert.False(all.IsCompleted, $"{mutant} was not noticed in {MostLivesOfMutant} lives.");
    }

    [Fact]
    public void The_same_seed_is_the_same_life()
    {
        Assert.Equal(StoryOf(7), StoryOf(7));

        static List<string> StoryOf(ulong seed)
        {
            var world = new World(seed, WorldOptions.Of(seed)) { Story = [] };
            world.Run();
            return world.Story;
        }
    }

    private static HashSet<string> Live(ulong seed, WorldOptions options)
    {
        var world = new World(seed, options);
        world.Run();
        return world.Marks;
    }

    private static Dictionary<string, Func<WorldOptions, WorldOptions>> Make()
    {
        var all = new Dictionary<string, Func<WorldOptions, WorldOptions>>
        {
            ["ActsEarly"] = options => options with { ActsEarly = true },
            ["KeepsEmptyReigns"] = options => options with { KeepsEmptyReigns = true },
        };
        foreach (ReplicationSabotage rule in Enum.GetValues<ReplicationSabotage>().Where(rule => rule != ReplicationSabotage.None))
        {
            all[rule.ToString()] = options => options with { Replication = rule };
        }

        foreach (MetadataSabotage rule in Enum.GetValues<MetadataSabotage>().Where(rule => rule != MetadataSabotage.None))
        {
            all[rule.ToString()] = options => options with { Metadata = rule };
        }

        return all;
    }
}
