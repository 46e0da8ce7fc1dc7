namespace RaftStream.Metadata.Configs;

/// <summary>Finds what somebody may have meant.</summary>
public static class Spelling
{
    /// <summary>The candidate with the fewest edits, or null when none is near; the first of equally near ones.</summary>
    public static string? Nearest(string word, IEnumerable<string> candidates)
    {
        ArgumentNullException.ThrowIfNull(word);
        ArgumentNullException.ThrowIfNull(candidates);
        string? best = null;
        int bestEdits = Math.Max(2, word.Length / 3) + 1;
        foreach (string candidate in candidates)
        {
            int edits = Edits(word.ToUpperInvariant(), candidate.ToUpperInvariant());
            if (edits < bestEdits)
            {
                (best, bestEdits) = (candidate, edits);
            }
        }

        return best;
    }

    /// <summary>Levenshtein distance, one row at a time.</summary>
    private static int Edits(string left, string right)
    {
        int[] row = new int[right.Length + 1];
        for (int j = 0; j <= right.Length; j++)
        {
            row[j] = j;
        }

        for (int i = 1; i <= left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int replace = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replace, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[right.Length];
    }
}
