using RaftStream.Client;

namespace RaftStream.Cli.Producing;

/// <summary>Produces every line of a stream, as fast as the broker takes them.</summary>
internal sealed class LineProducer(ProducerTopic topic, LineRecord form, LineLedger ledger)
{
    /// <summary>Lines read so far.</summary>
    public long Lines { get; private set; }

    /// <summary>Bytes of the lines taken so far, without line ends.</summary>
    public long Bytes { get; private set; }

    /// <summary>Hands over every line; what becomes of them, the ledger will know.</summary>
    public async Task RunAsync(Stream input, CancellationToken cancellationToken)
    {
        var lines = new LineReader(input);
        while (await lines.FillAsync(cancellationToken).ConfigureAwait(false))
        {
            while (!TakeLines(lines, out byte[]? waiting))
            {
                await TakeWhenSpaceAsync(waiting!, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Takes all lines that are there.</summary>
    /// <param name="waiting">A copy of the line for which there was no memory.</param>
    /// <returns>False when one has to wait.</returns>
    private bool TakeLines(LineReader lines, out byte[]? waiting)
    {
        while (lines.TryRead(out ReadOnlySpan<byte> line))
        {
            Lines++;
            if (!TryTake(line))
            {
                waiting = line.ToArray();
                return false;
            }
        }

        waiting = null;
        return true;
    }

    private async Task TakeWhenSpaceAsync(byte[] line, CancellationToken cancellationToken)
    {
        do
        {
            await topic.WaitForSpaceAsync(cancellationToken).ConfigureAwait(false);
        }
        while (!TryTake(line));
    }

    private bool TryTake(ReadOnlySpan<byte> line)
    {
        if (!form.TryParse(line, out BorrowedRecord record))
        {
            ledger.NoteRefused(Lines, "The line has no key separator.");
            return true;
        }

        try
        {
            if (!topic.TryProduce(record, out ProduceTicket ticket))
            {
                return false;
            }

            ledger.Note(Lines, ticket);
            Bytes += line.Length;
        }
        catch (RaftStreamException exception)
        {
            ledger.NoteRefused(Lines, exception.Message);
        }

        return true;
    }
}
