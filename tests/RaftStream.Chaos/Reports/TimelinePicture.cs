using System.Globalization;
using RaftStream.Chaos.Histories;
using RaftStream.Client;

namespace RaftStream.Chaos.Reports;

/// <summary>Faults above, and below a row for each partition: where it took writes, and where not.</summary>
internal static class TimelinePicture
{
    private const double RowHeight = 18;

    public static string Draw(History history, double seconds)
    {
        string[] kinds = [.. history.Faults.Select(fault => fault.Fault).Distinct()];
        double top = kinds.Length * RowHeight;
        double height = top + 8 + (history.Partitions.Count * RowHeight) + 20;
        var picture = new Svg(seconds, height);
        picture.Axis();
        foreach (FaultOperation fault in history.Faults)
        {
            double row = Array.IndexOf(kinds, fault.Fault) * RowHeight;
            (double from, double to) = (fault.Invoked / 1e9, fault.Completed / 1e9);
            picture.Box("shade", from, to, 0, height - 16, "");
            picture.Box("fault", from, to, row + 2, RowHeight - 4, string.Create(CultureInfo.InvariantCulture, $"{fault.Fault} {fault.Target}, {from:F2} s to {to:F2} s"));
        }

        for (int i = 0; i < kinds.Length; i++)
        {
            picture.Label(0, ((i + 1) * RowHeight) - 5, kinds[i]);
        }

        for (int i = 0; i < history.Partitions.Count; i++)
        {
            DrawPartition(picture, history, history.Partitions[i], top + 8 + (i * RowHeight));
        }

        return picture.ToString();
    }

    private static void DrawPartition(Svg picture, History history, NamedPartition partition, double top)
    {
        picture.Label(0, top + RowHeight - 5, partition.ToString());
        long[] acked = [.. history.AckedOf(partition).Select(send => send.Completed)];
        if (acked.Length > 0)
        {
            picture.Box("up", acked.Min() / 1e9, acked.Max() / 1e9, top + 3, RowHeight - 6, $"{partition} takes writes");
        }

        foreach (Gap gap in Availability.Gaps(history, partition))
        {
            (double from, double to) = (gap.From / 1e9, gap.To / 1e9);
            picture.Box("down", from, to, top + 3, RowHeight - 6, string.Create(CultureInfo.InvariantCulture, $"{partition} takes no writes for {to - from:F2} s, from {from:F2} s"));
        }
    }
}
