using System.Globalization;
using RaftStream.Chaos.Histories;

namespace RaftStream.Chaos.Reports;

/// <summary>How long acknowledged writes took: median, 99th percentile and the slowest of each quarter of a second; a log scale.</summary>
internal static class LatencyPicture
{
    private const double Height = 220;
    private const double BucketSeconds = 0.25;
    private const double LeastMs = 0.1;
    private const double MostMs = 100_000;

    public static string Draw(History history, double seconds)
    {
        var picture = new Svg(seconds, Height);
        picture.Axis();
        for (double ms = LeastMs; ms <= MostMs; ms *= 10)
        {
            picture.Across(Y(ms));
            picture.Label(0, Y(ms) + 4, ms >= 1000 ? string.Create(CultureInfo.InvariantCulture, $"{ms / 1000:G3} s") : string.Create(CultureInfo.InvariantCulture, $"{ms:G3} ms"));
        }

        foreach (FaultOperation fault in history.Faults)
        {
            picture.Box("shade", fault.Invoked / 1e9, fault.Completed / 1e9, 0, Height - 16, $"{fault.Fault} {fault.Target}");
        }

        var median = new List<(double, double)>();
        var high = new List<(double, double)>();
        foreach (IGrouping<long, SendOperation> bucket in history.Sends.Where(send => send.Outcome == Outcome.Ok)
            .GroupBy(send => (long)(send.Invoked / 1e9 / BucketSeconds)).OrderBy(bucket => bucket.Key))
        {
            double[] ms = [.. bucket.Select(send => (send.Completed - send.Invoked) / 1e6).Order()];
            double at = (bucket.Key + 0.5) * BucketSeconds;
            median.Add((at, Y(ms[ms.Length / 2])));
            high.Add((at, Y(ms[ms.Length * 99 / 100])));
            picture.Dot("slowest", at, Y(ms[^1]));
        }

        picture.Line("median", median);
        picture.Line("high", high);
        return picture.ToString();
    }

    private static double Y(double ms)
    {
        double share = (Math.Log10(Math.Clamp(ms, LeastMs, MostMs)) - Math.Log10(LeastMs)) / (Math.Log10(MostMs) - Math.Log10(LeastMs));
        return (Height - 20) - (share * (Height - 30));
    }
}
