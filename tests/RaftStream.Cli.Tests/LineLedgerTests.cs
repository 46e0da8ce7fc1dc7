using RaftStream.Cli.Producing;
using RaftStream.Client;
using RaftStream.Model;

namespace RaftStream.Cli.Tests;

/// <summary>Which lines failed, whatever the order in which answers and notes arrive.</summary>
public sealed class LineLedgerTests
{
    private readonly LineLedger _ledger = new();

    [Fact]
    public void Neighbouring_failures_with_one_reason_are_one()
    {
        for (int line = 1; line <= 6; line++)
        {
            _ledger.Note(line, new ProduceTicket(Partition: line % 2, Sequence: (line - 1) / 2));
        }

        Report(partition: 1, first: 0, count: 2, "too slow");
        Report(partition: 0, first: 0, count: 2, "too slow");
        Report(partition: 0, first: 2, count: 1, null);
        Report(partition: 1, first: 2, count: 1, "other");

        Assert.Equal([new FailedLines(1, 4, "too slow"), new FailedLines(5, 1, "other")], _ledger.Failures());
        Assert.Equal(5, _ledger.Failed);
        Assert.Equal(1, _ledger.Delivered);
    }

    [Fact]
    public void An_answer_may_come_before_the_line_was_noted()
    {
        Report(partition: 0, first: 0, count: 1, null);
        Report(partition: 0, first: 1, count: 1, "refused");
        _ledger.Note(1, new ProduceTicket(0, 0));
        _ledger.Note(2, new ProduceTicket(0, 1));

        Assert.Equal([new FailedLines(2, 1, "refused")], _ledger.Failures());
    }

    [Fact]
    public void Failures_after_many_deliveries_name_the_right_lines()
    {
        for (int line = 1; line <= 1000; line++)
        {
            _ledger.Note(line, new ProduceTicket(0, line - 1));
            if (line % 10 == 0 && line <= 500)
            {
                Report(partition: 0, first: line - 10, count: 10, null);
            }
        }

        Report(partition: 0, first: 500, count: 3, "refused");

        Assert.Equal([new FailedLines(501, 3, "refused")], _ledger.Failures());
    }

    [Fact]
    public void Lines_that_were_not_even_taken_count_as_failed()
    {
        _ledger.NoteRefused(7, "no key");
        _ledger.NoteRefused(8, "no key");

        Assert.Equal([new FailedLines(7, 2, "no key")], _ledger.Failures());
        Assert.Equal(2, _ledger.Failed);
    }

    private void Report(int partition, long first, int count, string? error) => _ledger.OnDelivered(new DeliveryRange
    {
        Partition = new NamedPartition("t", partition),
        FirstSequence = first,
        Count = count,
        BaseOffset = error is null ? first : -1,
        LogAppendTimeMs = -1,
        Error = error is null ? null : new RaftStreamException(ErrorCode.RequestTimedOut, error),
    });
}
