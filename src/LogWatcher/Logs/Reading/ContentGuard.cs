using Microsoft.Win32.SafeHandles;

namespace LogWatcher.Logs.Reading;

/// <summary>
/// The bytes by which a reader knows its file again: the head, which grows with what is read, and the last ones before the
/// place that has been read to. One thread at a time.
/// </summary>
internal sealed class ContentGuard
{
    private readonly byte[] _head = new byte[ContentMark.MaxHeadBytes];
    private readonly byte[] _tail = new byte[ContentMark.MaxTailBytes];
    private int _headLength;
    private int _tailLength;
    private ulong _wholeHeadHash;

    /// <summary>Before this offset in the file stand the bytes of <see cref="Tail"/>.</summary>
    public long Offset { get; private set; }

    public ReadOnlySpan<byte> Head => _head.AsSpan(0, _headLength);

    public ReadOnlySpan<byte> Tail => _tail.AsSpan(0, _tailLength);

    /// <summary>The mark of what has been read.</summary>
    public ContentMark Mark => MarkAt(Offset, Tail);

    /// <summary>The guard of what a file holds now before an offset; null if it holds less.</summary>
    public static ContentGuard? Load(LogFile file, long offset)
    {
        var guard = new ContentGuard { Offset = offset };
        guard._headLength = file.ReadAt(guard._head.AsSpan(0, (int)Math.Min(offset, guard._head.Length)), 0);
        var tailLength = (int)Math.Min(offset, guard._tail.Length);
        guard._tailLength = file.ReadAt(guard._tail.AsSpan(0, tailLength), offset - tailLength);
        return guard._tailLength == tailLength ? guard : null;
    }

    /// <summary>The mark of what stands before an offset that has been read, of which the last bytes are given.</summary>
    public ContentMark MarkAt(long offset, ReadOnlySpan<byte> tail)
    {
        var length = (int)Math.Min(offset, _headLength);
        if (length < ContentMark.MaxHeadBytes)
        {
            return ContentMark.Of(_head.AsSpan(0, length), tail);
        }

        _wholeHeadHash = _wholeHeadHash == 0 ? ContentMark.HashOfHead(_head) : _wholeHeadHash;
        return new ContentMark(length, _wholeHeadHash, tail.Length, ContentMark.HashOfTail(tail));
    }

    /// <summary>The guard of less than has been read.</summary>
    /// <param name="offset">Up to here.</param>
    /// <param name="tail">What stands before it, <see cref="ContentMark.MaxTailBytes"/> at most.</param>
    public ContentGuard UpTo(long offset, ReadOnlySpan<byte> tail)
    {
        var guard = new ContentGuard { _headLength = (int)Math.Min(offset, _headLength) };
        Head[..guard._headLength].CopyTo(guard._head);
        guard.MoveTo(offset, tail);
        return guard;
    }

    /// <summary>Notes the bytes that have been read next.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (_headLength < _head.Length && Offset == _headLength)
        {
            var taken = bytes[..Math.Min(bytes.Length, _head.Length - _headLength)];
            taken.CopyTo(_head.AsSpan(_headLength));
            _headLength += taken.Length;
        }

        Offset += bytes.Length;
        if (bytes.Length >= _tail.Length)
        {
            bytes[^_tail.Length..].CopyTo(_tail);
            _tailLength = _tail.Length;
            return;
        }

        var kept = Math.Min(_tailLength, _tail.Length - bytes.Length);
        _tail.AsSpan(_tailLength - kept, kept).CopyTo(_tail);
        bytes.CopyTo(_tail.AsSpan(kept));
        _tailLength = kept + bytes.Length;
    }

    /// <summary>The head is all that is ever kept of it.</summary>
    public bool HasWholeHead => _headLength == _head.Length;

    /// <summary>Goes on at another place: the head stays, which must be whole.</summary>
    /// <param name="offset">The place, in bytes of the file.</param>
    /// <param name="tail">What stands before it, <see cref="ContentMark.MaxTailBytes"/> at most.</param>
    public void MoveTo(long offset, ReadOnlySpan<byte> tail)
    {
        Offset = offset;
        tail.CopyTo(_tail);
        _tailLength = tail.Length;
    }

    /// <summary>Whether the file still begins as it did.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public bool IsHeadKeptBy(LogFile file)
    {
        Span<byte> now = stackalloc byte[ContentMark.MaxHeadBytes];
        return IsHead(now[..file.ReadAt(now[.._headLength], 0)]);
    }

    /// <inheritdoc cref="IsHeadKeptBy(LogFile)"/>
    public bool IsHeadKeptBy(SafeFileHandle file)
    {
        Span<byte> now = stackalloc byte[ContentMark.MaxHeadBytes];
        return IsHead(now[..RandomAccess.Read(file, now[.._headLength], 0)]);
    }

    private bool IsHead(ReadOnlySpan<byte> now) => now.SequenceEqual(Head);

    /// <summary>Whether a file holds, where they were read, all bytes that this guard keeps; false also if it cannot be read.</summary>
    public bool IsKeptBy(LogFile file) => Compare(file) == true;

    /// <summary>The same, but true if it cannot be read: what seems to be cut is read again from its start, so that must be sure.</summary>
    public bool MayBeKeptBy(LogFile file) => Compare(file) != false;

    private bool? Compare(LogFile file)
    {
        Span<byte> now = stackalloc byte[ContentMark.MaxTailBytes];
        now = now[.._tailLength];
        try
        {
            return IsHeadKeptBy(file) && file.ReadAt(now, Offset - now.Length) == now.Length && now.SequenceEqual(Tail);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
