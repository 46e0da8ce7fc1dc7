namespace RaftStream.Records.Producers;

/// <summary>Arithmetic of sequence numbers: they count records from 0 and go on at 0 behind <see cref="int.MaxValue"/> (G-3.3).</summary>
public static class ProducerSequence
{
    /// <summary>The sequence behind <paramref name="sequence"/>.</summary>
    public static int Next(int sequence) => Plus(sequence, 1);

    /// <summary>The sequence <paramref name="records"/> further on; both at least 0.</summary>
    public static int Plus(int sequence, int records) => (int)(((long)sequence + records) & int.MaxValue);

    /// <summary>True when <paramref name="sequence"/> lies before <paramref name="next"/>, by the shorter way round.</summary>
    public static bool IsBefore(int sequence, int next)
    {
        int distance = (int)(((long)next - sequence) & int.MaxValue);
        return distance is > 0 and <= int.MaxValue / 2;
    }
}
