using RaftStream.Chaos.Clusters;

namespace RaftStream.Chaos.Reports;

/// <summary>Everything about a run in one folder: verdict in words, JSON and as a page, the history, and the nodes' logs.</summary>
internal static class ReportFolder
{
    /// <summary>Writes it, over what is there.</summary>
    /// <returns>The page.</returns>
    public static async Task<string> WriteAsync(string folder, Verdict verdict, RunFacts facts, ICluster cluster)
    {
        string logs = Path.Combine(folder, "logs");
        Directory.CreateDirectory(logs);
        await cluster.SaveLogsAsync(logs);
        await File.WriteAllTextAsync(Path.Combine(folder, "report.txt"), TextReport.Write(verdict));
        await File.WriteAllTextAsync(Path.Combine(folder, "report.json"), JsonReport.Write(verdict, facts));
        await File.WriteAllLinesAsync(Path.Combine(folder, "history.txt"), verdict.History.All.Select(operation => operation.ToString()));
        string page = Path.Combine(folder, "report.html");
        await File.WriteAllTextAsync(page, HtmlReport.Write(verdict, facts, NodeLogs.Read(logs)));
        return page;
    }
}
