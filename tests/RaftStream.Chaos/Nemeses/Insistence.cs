using RaftStream.Chaos.Clusters;
using RaftStream.Client;
using RaftStream.Model;

namespace RaftStream.Chaos.Nemeses;

/// <summary>Changes that must succeed in the end, since a fault is healed by them.</summary>
internal static class Insistence
{
    private const int Attempts = 30;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Tries until it is so; an attempt without an answer may have done it.</summary>
    /// <param name="done">Answers that say that it is so already.</param>
    public static async Task UntilDoneAsync(Func<Task> change, params ErrorCode[] done)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await change();
                return;
            }
            catch (RaftStreamException exception) when (done.Contains(exception.Code))
            {
                return;
            }
            catch (RaftStreamException exception)
            {
                if (attempt == Attempts)
                {
                    throw new ClusterException($"the membership cannot be changed: {exception.Message}");
                }

                await Task.Delay(Pause);
            }
        }
    }
}
