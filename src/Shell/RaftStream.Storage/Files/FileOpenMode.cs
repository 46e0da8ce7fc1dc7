namespace RaftStream.Storage.Files;

/// <summary>How <see cref="IFileSystem.Open"/> treats the name.</summary>
public enum FileOpenMode
{
    /// <summary>The file must exist; reads only.</summary>
    Read,

    /// <summary>The file must exist; reads and writes.</summary>
    ReadWrite,

    /// <summary>Reads and writes; an existing file is an error.</summary>
    CreateNew,

    /// <summary>Reads and writes; an existing file is emptied.</summary>
    CreateOrTruncate,
}
