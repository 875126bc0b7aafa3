using Microsoft.Win32.SafeHandles;

namespace LogWatcher.Logs.Reading;

/// <summary>One open log file: its name, its handle and which file it is. Renaming or deleting it leaves this readable.</summary>
internal sealed class LogFile : IDisposable
{
    /// <summary>Of a file and a compressed one so many bytes are compared: longer than what all files of a program begin with.</summary>
    public const int ComparedBytes = 64 * 1024;

    /// <summary>Compressed bytes asked for at once.</summary>
    private const int CompressedReadBytes = 64 * 1024;

    private readonly SafeFileHandle _handle;
    private readonly ulong _identityHash;
    private int _owners = 1;

    private LogFile(string path, string source, SafeFileHandle handle, FileStatus status)
    {
        SourceHash = Cursor.HashOf(source);
        Path = path;
        Source = source;
        _handle = handle;
        BegunAt = status.BegunAt(path);
        HasBirth = status.Born > 0;
        Identity = status.Identity;
        _identityHash = FilePlace.HashOf(Identity);
        Changed = status.Changed;
    }

    private LogFile(LogFile file, string source)
    {
        (Path, Source, SourceHash) = (file.Path, source, Cursor.HashOf(source));
        (_handle, Identity, _identityHash) = (file._handle, file.Identity, file._identityHash);
        (BegunAt, HasBirth, Changed) = (file.BegunAt, file.HasBirth, file.Changed);
    }

    /// <summary>The path it was opened by.</summary>
    public string Path { get; }

    /// <summary>Its name as a source: the path that the user knows it by.</summary>
    public string Source { get; }

    /// <summary>Of <see cref="Source"/>, as cursors have it.</summary>
    public uint SourceHash { get; }

    public FileIdentity Identity { get; }

    /// <summary>When its content had changed last at its opening, in 100 ns since 1970.</summary>
    public long Changed { get; }

    /// <summary>See <see cref="FileStatus.BegunAt"/>.</summary>
    public long BegunAt { get; }

    /// <summary>The file system keeps when files are made.</summary>
    public bool HasBirth { get; }

    public bool IsCompressed => IsCompressedName(Path);

    /// <summary>A compressed file is history: it is never followed, but read on where a log was cut that it is the copy of.</summary>
    public static bool IsCompressedName(string path) => path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);

    /// <summary>Opens a regular file for reading, sharing it with everyone, and locking it for nobody; null when it is not there or may not be read.</summary>
    /// <param name="path">Where it stands now.</param>
    /// <param name="source">Its name as a source, if that is another: it was renamed.</param>
    /// <exception cref="TooManyOpenFilesException">For the many that are open, and nothing else.</exception>
    public static LogFile? TryOpen(string path, string? source = null)
    {
        // Looked at first: to open a pipe would wait for its writer.
        if (!FileStatus.TryGet(path, out var status) || !status.IsRegular || FileOpener.TryOpen(path) is not { } handle)
        {
            return null;
        }

        if (FileStatus.TryGet(handle, path, out status) && status.IsRegular)
        {
            return new LogFile(path, source ?? path, handle, status);
        }

        handle.Dispose();
        return null;
    }

    /// <summary>How long it is now, in bytes; 0 when that can no longer be told.</summary>
    public long Length()
    {
        try
        {
            return RandomAccess.GetLength(_handle);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>Reads bytes at an offset; how many came, 0 at the end.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public int ReadAt(Span<byte> into, long offset) => RandomAccess.Read(_handle, into, offset);

    /// <summary>A reader of its lines from a place on. Several may read one file side by side.</summary>
    /// <param name="from">Where to begin.</param>
    /// <param name="guard">What is known to stand before that; without, what stands there now.</param>
    public LineReader ReadLines(LinePosition from, ContentGuard? guard = null)
    {
        if (IsCompressed)
        {
            return new LineReader(Decompress(), from);
        }

        guard ??= ContentGuard.Load(this, from.Offset);
        var lines = new LineReader(_handle, from, guard);
        if (guard is null)
        {
            // It holds less by now: what stood there has been cut.
            lines.MarkReplaced();
        }

        return lines;
    }

    /// <summary>Whether it holds, before an offset, what a mark was made of.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public bool Holds(ContentMark mark, long offset)
    {
        Span<byte> head = stackalloc byte[ContentMark.MaxHeadBytes];
        Span<byte> tail = stackalloc byte[ContentMark.MaxTailBytes];
        head = head[..mark.HeadLength];
        tail = tail[..mark.TailLength];
        if (!IsCompressed)
        {
            return Length() >= offset && ReadAt(head, 0) == head.Length
                && ReadAt(tail, offset - tail.Length) == tail.Length && mark.Fits(head, tail);
        }

        using var stream = Decompress();
        if (stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length || ContentMark.HashOfHead(head) != mark.HeadHash)
        {
            return false;
        }

        // The head and the tail overlap in a short file.
        var guard = new ContentGuard();
        guard.Add(head);
        LineReader.SkipTo(stream, head.Length, offset, guard);
        return guard.Offset == offset && mark.Fits(head, guard.Tail[^Math.Min(tail.Length, guard.Tail.Length)..]);
    }

    /// <summary>When it was written to last, in 100 ns since 1970.</summary>
    public long LastChange() => FileStatus.TryGet(_handle, Path, out var status) ? status.Changed : Changed;

    /// <summary>It has no name any more.</summary>
    public bool IsDeleted() => FileStatus.TryGet(_handle, Path, out var status) && status.IsDeleted;

    /// <summary>It has got the name it has, or was written to, since a time of the <see cref="FileClock"/>.</summary>
    public bool WasMoved(long since) => FileStatus.TryGet(_handle, Path, out var status) && status.Moved >= since;

    /// <summary>It is what a path leads to now.</summary>
    public bool StandsAt(string path) => FileStatus.TryGet(path, out var status) && status.Identity == Identity;

    /// <summary>Whether this compressed file was made of another, which has been deleted since.</summary>
    public bool IsMadeOf(LogFile other) =>
        IsCompressed && other.IsDeleted() && BeginsLike(other) && other.LoadWhole() is { Offset: > 0 } whole && HoldsSurely(whole.Mark, whole.Offset);

    /// <summary>
    /// Whether what this compressed file holds begins as another file does, as far as can be read and told at once: it may not be
    /// whole yet.
    /// </summary>
    public bool BeginsLike(LogFile other)
    {
        var mine = new byte[ComparedBytes];
        var length = ReadHead(mine);
        var others = new byte[length];
        return other.ReadAt(others, 0) == length && others.AsSpan().SequenceEqual(mine.AsSpan(0, length));
    }

    /// <summary>
    /// Whether it may be a copy of another file, perhaps not a whole one yet: that begins with all that this holds. Not if it is empty.
    /// </summary>
    public bool IsBeginningOf(LogFile other)
    {
        // Looked at first, it is no longer than the other unless that was truncated.
        var length = Length();
        return length > 0 && length <= other.Length() && LoadBeginning(length) is { } known && known.IsKeptBy(other);
    }

    /// <summary>Head and last bytes of what stands before an offset; null if it is shorter, or cannot be read.</summary>
    public ContentGuard? LoadBeginning(long offset)
    {
        try
        {
            return ContentGuard.Load(this, offset);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Head and last bytes of all that it holds now; null if it cannot be read.</summary>
    public ContentGuard? LoadWhole()
    {
        try
        {
            if (!IsCompressed)
            {
                return ContentGuard.Load(this, Length());
            }

            var guard = new ContentGuard();
            using var stream = Decompress();
            LineReader.SkipTo(stream, 0, long.MaxValue, guard);
            return guard;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>Reads the first bytes of what it holds; how many came. Of a compressed file that isn't whole none may come.</summary>
    public int ReadHead(Span<byte> into)
    {
        try
        {
            if (!IsCompressed)
            {
                return ReadAt(into, 0);
            }

            using var stream = Decompress();
            return stream.ReadAtLeast(into, into.Length, throwOnEndOfStream: false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return 0;
        }
    }

    /// <summary>The same as <see cref="Holds"/>; what cannot be read holds nothing.</summary>
    public bool HoldsSurely(ContentMark mark, long offset)
    {
        try
        {
            return Holds(mark, offset);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return false;
        }
    }

    /// <summary>
    /// Whether this compressed file was made of one that held a mark at its end. What begins alike may be another: if there is little
    /// before the mark, both must be of the same length.
    /// </summary>
    public bool IsCopyOf(ContentMark mark, long offset) => offset > 0 && HoldsSurely(mark, offset)
        && (offset >= ContentMark.MaxHeadBytes || LoadWhole()?.Offset == offset);

    /// <summary>The same open file under another name as a source; this object is no longer to be used, nor disposed of.</summary>
    public LogFile As(string source) => new(this, source);

    /// <summary>The place behind an entry of it that has just been taken, or where its reader stands between entries.</summary>
    /// <param name="position">The place.</param>
    /// <param name="mark">What stands before it.</param>
    /// <param name="changedBy">When it had been written to last, right before that was read.</param>
    public FilePlace PlaceAt(LinePosition position, ContentMark mark, long changedBy) =>
        new(_identityHash, position, mark, NeedsChange(position) ? changedBy : 0);

    /// <summary>Whether a place is so near the start that all files of a program may hold the same before it.</summary>
    public static bool NeedsChange(LinePosition position) => position.Offset < ComparedBytes;

    /// <summary>Makes a second owner: the file is closed once both have disposed of it.</summary>
    public LogFile Share()
    {
        Interlocked.Increment(ref _owners);
        return this;
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _owners) == 0)
        {
            _handle.Dispose();
        }
    }

    private DecompressedStream Decompress() => new(() => new BufferedStream(new LogFileStream(Share()), CompressedReadBytes));
}
