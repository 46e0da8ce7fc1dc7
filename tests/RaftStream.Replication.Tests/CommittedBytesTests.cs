using RaftStream.Model;

namespace RaftStream.Replication.Tests;

public class CommittedBytesTests
{
    [Fact]
    public void R_5_1_Appends_without_end_above_a_high_watermark_that_stands_take_no_more_memory()
    {
        const int appends = 1_000_000;
        var committed = new CommittedBytes();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 1; i <= appends; i++)
        {
            committed.Appended(new Offset(i), 10);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);

        committed.Committed(new Offset(100));
        Assert.Equal(1_000, committed.Total);
        committed.Appended(new Offset(appends + 1), 10);
        committed.Committed(new Offset(appends));
        Assert.Equal(10L * appends, committed.Total);
        committed.Committed(new Offset(appends + 1));
        Assert.Equal(10L * (appends + 1), committed.Total);
    }
}
