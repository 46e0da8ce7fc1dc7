using System.Buffers;
using System.Text;

namespace Grpc.Core;

public sealed partial class Metadata
{
    /// <summary>One key with its value: text, or bytes when the key ends in <c>-bin</c>.</summary>
    public sealed class Entry
    {
        // Header names of HTTP/2 that gRPC allows (its HTTP/2 mapping, "Header-Name").
        private static readonly SearchValues<char> KeyCharacters =
            SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_-.");

        private readonly string? _text;
        private readonly byte[]? _bytes;

        /// <summary>A text entry.</summary>
        /// <exception cref="ArgumentException">Bad key, or a character outside printable ASCII in the value.</exception>
        public Entry(string key, string value)
        {
            Key = Normalize(key, binary: false);
            ArgumentNullException.ThrowIfNull(value);
            if (value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            {
                throw new ArgumentException($"The value of {Key} holds a character outside printable ASCII; use a -bin key for bytes.", nameof(value));
            }

            _text = value;
        }

        /// <summary>A binary entry; the bytes are copied.</summary>
        /// <exception cref="ArgumentException">Bad key, or it does not end in <c>-bin</c>.</exception>
        public Entry(string key, byte[] valueBytes)
        {
            Key = Normalize(key, binary: true);
            ArgumentNullException.ThrowIfNull(valueBytes);
            _bytes = [.. valueBytes];
        }

        private Entry(string key, string? text, byte[]? bytes)
        {
            Key = key;
            _text = text;
            _bytes = bytes;
        }

        /// <summary>In lower case.</summary>
        public string Key { get; }

        /// <summary>True when <see cref="Key"/> ends in <c>-bin</c>.</summary>
        public bool IsBinary => _bytes is not null;

        /// <summary>The text.</summary>
        /// <exception cref="InvalidOperationException">The entry is binary.</exception>
        public string Value => _text ?? throw new InvalidOperationException($"{Key} is binary: read ValueBytes.");

        /// <summary>A copy of the bytes; of a text entry its ASCII bytes.</summary>
        public byte[] ValueBytes => _bytes is null ? Encoding.ASCII.GetBytes(_text!) : [.. _bytes];

        /// <summary>The bytes themselves of a binary entry, not to be changed.</summary>
        internal ReadOnlySpan<byte> Bytes => _bytes;

        /// <summary>Key and value as one line of a log.</summary>
        public override string ToString() =>
            _bytes is null ? $"[Entry: key={Key}, value={_text}]" : $"[Entry: key={Key}, valueBytes={_bytes.Length} bytes]";

        /// <summary>An entry as it came off the wire: the key in lower case already, the value not checked, the bytes not copied.</summary>
        internal static Entry Received(string key, string text) => new(key, text, null);

        /// <inheritdoc cref="Received(string, string)"/>
        internal static Entry Received(string key, byte[] bytes) => new(key, null, bytes);

        private static string Normalize(string key, bool binary)
        {
            ArgumentException.ThrowIfNullOrEmpty(key);
#pragma warning disable CA1308 // header names of HTTP/2 are in lower case
            string lower = key.ToLowerInvariant();
#pragma warning restore CA1308
            if (lower.AsSpan().ContainsAnyExcept(KeyCharacters))
            {
                throw new ArgumentException($"\"{key}\" is not a metadata key: letters, digits, '_', '-' and '.' only.", nameof(key));
            }

            if (lower.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal) != binary)
            {
                throw new ArgumentException(
                    binary ? $"The key of a binary entry ends in -bin; \"{key}\" does not." : $"\"{key}\" ends in -bin, so its value must be bytes.",
                    nameof(key));
            }

            return lower;
        }
    }
}
