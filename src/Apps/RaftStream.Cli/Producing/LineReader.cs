namespace RaftStream.Cli.Producing;

/// <summary>Cuts a stream of bytes into lines at each line feed; nothing else is taken for an end of a line.</summary>
/// <remarks>One owner. The last line needs no line feed.</remarks>
internal sealed class LineReader(Stream stream)
{
    private const int LongestLine = 256 * 1024 * 1024;

    private byte[] _buffer = new byte[256 * 1024];
    private int _start;
    private int _searched;
    private int _end;
    private bool _isAtEnd;

    /// <summary>Takes the next line out of what was read.</summary>
    /// <param name="line">Without its line feed; valid until <see cref="FillAsync"/>.</param>
    /// <returns>False when no whole line is there: <see cref="FillAsync"/> first.</returns>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        int length = _buffer.AsSpan(_searched, _end - _searched).IndexOf((byte)'\n');
        if (length >= 0)
        {
            int lineFeed = _searched + length;
            line = _buffer.AsSpan(_start, lineFeed - _start);
            _start = lineFeed + 1;
            _searched = _start;
            return true;
        }

        _searched = _end;
        line = _buffer.AsSpan(_start, _end - _start);
        if (_isAtEnd && _start < _end)
        {
            _start = _end;
            return true;
        }

        return false;
    }

    /// <summary>Reads on, once.</summary>
    /// <returns>False when the stream has ended and every line was taken.</returns>
    /// <exception cref="CliException">A line is longer than any record can be.</exception>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_isAtEnd)
        {
            return false;
        }

        MakeRoom();
        // A terminal's read cannot be cancelled; it is left behind when the process is stopped.
        int read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken)
            .AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
        _isAtEnd = read == 0;
        _end += read;
        return !_isAtEnd || _start < _end;
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _searched -= _start;
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            if (_end >= LongestLine)
            {
                throw new CliException($"A line is longer than {LongestLine} bytes; is this a text file?");
            }

            Array.Resize(ref _buffer, _buffer.Length * 2);
        }
    }
}
