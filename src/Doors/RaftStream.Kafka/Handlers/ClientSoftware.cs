namespace RaftStream.Kafka.Handlers;

/// <summary>The rule for names and versions that clients give of themselves (KIP-511).</summary>
internal static class ClientSoftware
{
    /// <summary>True for letters, digits, '-' and '.', beginning and ending with a letter or digit.</summary>
    public static bool IsValid(string text)
    {
        if (text.Length == 0 || !char.IsAsciiLetterOrDigit(text[0]) || !char.IsAsciiLetterOrDigit(text[^1]))
        {
            return false;
        }

        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.'))
            {
                return false;
            }
        }

        return true;
    }
}
