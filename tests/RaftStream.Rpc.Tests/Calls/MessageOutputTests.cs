using System.IO.Pipelines;
using Grpc.Core;
using RaftStream.Rpc.Server.Calls;
using RaftStream.Rpc.Tests.Probes;

namespace RaftStream.Rpc.Tests.Calls;

/// <summary>How messages wait while a client does not read. The pipe stands for the response body: a flush ends when its reader has taken all.</summary>
public sealed class MessageOutputTests
{
    private readonly Pipe _body = new(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1, useSynchronizationContext: false));
    private readonly MessageOutput _output;

    public MessageOutputTests() => _output = new MessageOutput(_body.Writer, maxMessageBytes: 1_000_000, gzip: false);

    [Fact]
    public async Task Small_messages_gather_beside_a_flush_and_leave_together()
    {
        for (byte i = 0; i < 100; i++)
        {
            ValueTask write = _output.WriteAsync(Methods.Bytes, [i], WriteFlags.None);
            Assert.True(write.IsCompletedSuccessfully);
            await write;
        }

        Assert.Equal(6, await TakeAsync()); // the first one alone
        Assert.Equal(99 * 6, await TakeAsync());
    }

    [Fact]
    public async Task Buffer_hint_holds_messages_back_until_one_without()
    {
        await _output.WriteAsync(Methods.Bytes, [1], WriteFlags.BufferHint);
        await _output.WriteAsync(Methods.Bytes, [2], WriteFlags.BufferHint);
        Assert.False(_body.Reader.TryRead(out _));

        await _output.WriteAsync(Methods.Bytes, [3], WriteFlags.None);

        Assert.Equal(18, await TakeAsync());
    }

    [Fact]
    public async Task Flush_sends_what_a_buffer_hint_held_back()
    {
        await _output.WriteAsync(Methods.Bytes, [1], WriteFlags.BufferHint);

        ValueTask flush = _output.FlushAsync();

        Assert.False(flush.IsCompleted);
        Assert.Equal(6, await TakeAsync());
        await flush;
    }

    [Fact]
    public async Task Hinted_messages_leave_by_themselves_when_the_buffer_is_full()
    {
        for (int i = 0; i < 70; i++)
        {
            await _output.WriteAsync(Methods.Bytes, new byte[1000], WriteFlags.BufferHint);
        }

        Assert.InRange(await TakeAsync(), 60_000, 70 * 1005);
    }

    [Fact]
    public async Task Large_message_waits_for_its_flush()
    {
        ValueTask write = _output.WriteAsync(Methods.Bytes, new byte[50_000], WriteFlags.None);

        Assert.False(write.IsCompleted);
        Assert.Equal(50_005, await TakeAsync());
        await write;
    }

    [Fact]
    public async Task Writes_wait_when_the_client_does_not_read()
    {
        int written = 0;
        ValueTask write;
        do
        {
            write = _output.WriteAsync(Methods.Bytes, new byte[1000], WriteFlags.None);
            written++;
        }
        while (write.IsCompleted && written < 1000);

        Assert.InRange(written, 60, 70); // the gathering buffer of 64 KiB is full

        await TakeAsync();
        await write;
    }

    [Fact]
    public async Task Second_write_before_the_first_has_ended_is_refused()
    {
        ValueTask write = _output.WriteAsync(Methods.Bytes, new byte[50_000], WriteFlags.None);

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await _output.WriteAsync(Methods.Bytes, [1], WriteFlags.None));

        await TakeAsync();
        await write;
    }

    [Fact]
    public async Task Failure_wakes_the_waiting_write_and_refuses_all_others()
    {
        ValueTask write = _output.WriteAsync(Methods.Bytes, new byte[50_000], WriteFlags.None);

        _output.Fail(new OperationCanceledException("gone"));

        await Assert.ThrowsAsync<OperationCanceledException>(async () => await write);
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await _output.WriteAsync(Methods.Bytes, [1], WriteFlags.None));
        Assert.False(await _output.EndAsync()); // the flush is still under way: the stream has to be reset
    }

    [Fact]
    public async Task End_waits_until_no_message_is_beside_the_body()
    {
        await _output.WriteAsync(Methods.Bytes, [1], WriteFlags.None);
        await _output.WriteAsync(Methods.Bytes, [2], WriteFlags.None);

        ValueTask<bool> end = _output.EndAsync();

        Assert.False(end.IsCompleted);
        Assert.Equal(6, await TakeAsync());
        Assert.Equal(6, await TakeAsync());
        Assert.True(await end);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await _output.WriteAsync(Methods.Bytes, [3], WriteFlags.None));
    }

    [Fact]
    public async Task Message_that_is_too_large_leaves_the_stream_usable()
    {
        await Assert.ThrowsAsync<RpcException>(async () => await _output.WriteAsync(Methods.Bytes, new byte[1_000_001], WriteFlags.None));
        Assert.False(_output.HasWritten);

        await _output.WriteAsync(Methods.Bytes, [1], WriteFlags.None);

        Assert.Equal(6, await TakeAsync());
    }

    private async Task<long> TakeAsync()
    {
        ReadResult read = await Eventually.EndsAsync(_body.Reader.ReadAsync().AsTask(), "bytes in the body");
        long count = read.Buffer.Length;
        _body.Reader.AdvanceTo(read.Buffer.End);
        return count;
    }
}
