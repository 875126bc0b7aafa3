using System.Buffers;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using Microsoft.Win32.SafeHandles;

namespace LogWatcher.Logs.Reading;

/// <summary>
/// Lines out of a file that may still grow. <see cref="Fill"/> reads a stretch, <see cref="TryRead"/> takes the whole lines
/// out of it one by one. Ends are <c>\n</c> and <c>\r\n</c>; a byte order mark is skipped and says UTF-8 or UTF-16, which is
/// made UTF-8; bad UTF-8 is handed on as it is. Memory is bounded by <see cref="MaxLineBytes"/> whatever is in the file, and
/// an idle reader holds none. One thread at a time.
/// </summary>
internal sealed class LineReader : IDisposable
{
    /// <summary>Of a longer line, in bytes without its end, so much is the entry and the rest is skipped (logs.md, "Formats").</summary>
    public const int MaxLineBytes = 1 << 20;

    /// <summary>Bytes asked of the file at once: large enough that the calls cost nothing, small enough for the cache.</summary>
    public const int ReadBytes = 128 * 1024;

    /// <summary>Bytes of UTF-16 asked for at once; in UTF-8 they are at most half as many again.</summary>
    private const int ReadUtf16Bytes = 64 * 1024;

    /// <summary>With so many bytes and no line feed among them, a line is too long for certain: there may have been a <c>\r</c>.</summary>
    private const int TooLongBytes = MaxLineBytes + 2;

    private static readonly byte[] Utf8Mark = [0xef, 0xbb, 0xbf];

    private readonly SafeFileHandle? _handle;
    private readonly Stream? _stream;
    private readonly int _readBytes;

    // The last bytes read, and room for a second look at them beside what comes behind.
    private readonly ContentGuard _guard;
    private readonly byte[] _again = new byte[ContentMark.MaxTailBytes];
    private readonly Memory<byte>[] _againAndNext = new Memory<byte>[2];

    // The buffer: taken up to _start, searched for a line feed up to _searched, filled up to _end.
    private byte[] _buffer = [];
    private int _start;
    private int _searched;
    private int _end;

    // What is held stays in the buffer though it has been taken; negative when nothing is.
    private int _held = -1;

    // Where reading stood before the line last taken.
    private int _startBefore;
    private long _offsetBefore;
    private LineInside _insideBefore;

    // UTF-16 as read, before it is made UTF-8: at most a unit cut in half and half a surrogate pair wait here.
    private byte[] _raw = [];
    private int _rawLength;

    // Begun in the middle of a file, the reader looks at its head first: the mark there says how to read the rest.
    private bool _hasHead;
    private TextEncoding _encoding;
    private LineInside _inside;
    private long _fileOffset;
    private long _offset;

    /// <summary>Lines of a file from a place on. The handle stays the caller's.</summary>
    /// <param name="handle">The open file.</param>
    /// <param name="from">Where to begin.</param>
    /// <param name="guard">What the file is known to hold before that place; it is the reader's from now on.</param>
    /// <param name="readBytes">Bytes asked for at once.</param>
    public LineReader(SafeFileHandle handle, LinePosition from, ContentGuard? guard = null, int readBytes = ReadBytes)
        : this(from, guard, readBytes)
    {
        _handle = handle;
    }

    /// <summary>Lines of a stream that is at its beginning; what lies before <paramref name="from"/> is read and dropped.</summary>
    public LineReader(Stream stream, LinePosition from, int readBytes = ReadBytes)
        : this(from, null, readBytes)
    {
        _stream = stream;
    }

    private LineReader(LinePosition from, ContentGuard? guard, int readBytes)
    {
        _readBytes = readBytes;
        _guard = guard ?? new ContentGuard();
        _offset = from.Offset;
        _fileOffset = from.Offset;
        _inside = from.Inside;
        _hasHead = from.Offset == 0;
    }

    private enum TextEncoding : byte
    {
        Unknown,
        Utf8,
        Utf16LittleEndian,
        Utf16BigEndian,
    }

    /// <summary>The place behind the last line taken: a reader that begins there goes on without a gap or a double.</summary>
    public LinePosition Position => new(_offset, _inside);

    /// <summary>How far the file has been read, in its bytes: never behind <see cref="Position"/>.</summary>
    public long FileOffset => _fileOffset;

    /// <summary>Head and last bytes of what has been read.</summary>
    public ContentGuard Guard => _guard;

    /// <summary>
    /// The file no longer holds what was read before: it was truncated, and perhaps written anew. What has been read can still
    /// be taken; more doesn't come.
    /// </summary>
    public bool IsReplaced { get; private set; }

    /// <summary>What the file is known to hold, though nothing of it has been read here; null: nothing is known.</summary>
    public ContentGuard? Expected { private get; set; }

    /// <summary>The bytes right before <see cref="Position"/>, as far as they are known: UTF-16 is no longer there as it was read.</summary>
    public ReadOnlySpan<byte> Tail => _encoding is TextEncoding.Utf16LittleEndian or TextEncoding.Utf16BigEndian ? default
        : _end == 0 && _guard.Offset == _offset ? _guard.Tail
        : _buffer.AsSpan(Math.Max(0, _start - ContentMark.MaxTailBytes), Math.Min(_start, ContentMark.MaxTailBytes));

    /// <summary>Something of a line that has no end yet is there.</summary>
    public bool HasRest => _inside != LineInside.LongLine && (_end > _start || _rawLength > 0);

    /// <summary>Reads the next stretch of the file.</summary>
    /// <param name="end">Nothing from this offset on is read, in bytes.</param>
    /// <returns>How many bytes came; 0 at what is now the end, and where the file is <see cref="IsReplaced"/>.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">A compressed file is damaged.</exception>
    public int Fill(long end = long.MaxValue)
    {
        if (!_hasHead)
        {
            ReadHead();
        }

        var isUtf16 = _encoding is TextEncoding.Utf16LittleEndian or TextEncoding.Utf16BigEndian;
        var count = (int)Math.Clamp(end - _fileOffset, 0, _readBytes);
        var read = isUtf16 ? FillUtf16(count) : FillUtf8(count);
        if (read == 0 && _start == _end && _held < 0)
        {
            ReleaseBuffer();
        }

        return read;
    }

    /// <summary>Takes the next line whose end has been read. False: <see cref="Fill"/> must bring more first.</summary>
    public bool TryRead(out LogLine line)
    {
        _startBefore = -1;
        if ((_encoding == TextEncoding.Unknown || _inside != LineInside.Nothing) && !TryBeginLine())
        {
            line = default;
            return false;
        }

        (_startBefore, _offsetBefore, _insideBefore) = (_start, _offset, _inside);
        var found = _buffer.AsSpan(_searched, _end - _searched).IndexOf((byte)'\n');
        if (found >= 0)
        {
            var end = _searched + found;
            line = Line(_start, WithoutReturn(_start, end));
            Take(end + 1);
            return true;
        }

        _searched = _end;
        if (_end - _start < TooLongBytes)
        {
            line = default;
            return false;
        }

        line = Line(_start, _end);
        Take(_start + line.Text.Length);
        _inside = LineInside.LongLine;
        return true;
    }

    /// <summary>
    /// Takes what stands behind the last line end as a line. Its end, should it come later, makes no line of its own; other
    /// bytes that come later begin the next line. Only what <see cref="TryRead"/> has left is looked at.
    /// </summary>
    public bool TryReadRest(out LogLine line)
    {
        line = default;
        if (!HasRest)
        {
            return false;
        }

        if (_encoding == TextEncoding.Unknown)
        {
            TryFindEncoding(isFinal: true);
        }

        if (_rawLength > 0)
        {
            Transcode(isFinal: true);
        }

        if (_start == _end)
        {
            return false;
        }

        (_startBefore, _offsetBefore, _insideBefore) = (_start, _offset, _inside);
        Debug.Assert(!_buffer.AsSpan(_start, _end - _start).Contains((byte)'\n'), "TryRead has not been asked to its end.");
        line = Line(_start, WithoutReturn(_start, _end));
        _start = _searched = _end;
        _offset = _fileOffset;
        _inside = LineInside.TakenLine;
        return true;
    }

    /// <summary>Undoes the taking of the line last taken: it is the next one again.</summary>
    public void PutBack()
    {
        Debug.Assert(_startBefore >= 0, "No line has been taken since the buffer was filled.");
        _start = _searched = _startBefore;
        _offset = _offsetBefore;
        _inside = _insideBefore;
        _startBefore = -1;
    }

    /// <summary>
    /// Keeps the line last taken, and what is taken from here on, in the buffer until <see cref="Release"/>:
    /// <see cref="Held"/> shows it.
    /// </summary>
    public void Hold() => _held = _startBefore;

    /// <summary>The first <paramref name="count"/> bytes of what is held. Good until the next <see cref="Fill"/>.</summary>
    public ReadOnlyMemory<byte> Held(int count) => _buffer.AsMemory(_held, count);

    /// <summary>How many bytes of what is held lie before the line last taken.</summary>
    public int HeldBeforeLine => _startBefore - _held;

    public void Release() => _held = -1;

    /// <summary>
    /// All whole lines that lie ahead in the buffer, with their ends. For a look at many at once: <see cref="Skip"/> drops
    /// them, <see cref="TryRead"/> takes them one by one.
    /// </summary>
    public ReadOnlyMemory<byte> PeekLines()
    {
        if ((_encoding == TextEncoding.Unknown || _inside != LineInside.Nothing) && !TryBeginLine())
        {
            return default;
        }

        var ahead = _buffer.AsMemory(_start, _end - _start);
        return ahead[..(ahead.Span.LastIndexOf((byte)'\n') + 1)];
    }

    /// <summary>Drops the first <paramref name="count"/> bytes of what <see cref="PeekLines"/> showed, whole lines.</summary>
    public void Skip(int count)
    {
        Debug.Assert(count <= _end - _start && (count == 0 || _buffer[_start + count - 1] == '\n'));
        Take(_start + count);
    }

    /// <summary>
    /// Whether the reader can go on at another place: in a file of UTF-8 whose head is known, not in the middle of a line too
    /// long.
    /// </summary>
    public bool CanJump => _handle is not null && _encoding == TextEncoding.Utf8 && _inside == LineInside.Nothing
        && _guard.HasWholeHead && !IsReplaced;

    /// <summary>Goes on at another place, where a line begins; what has been read and not taken is dropped.</summary>
    /// <param name="offset">The place, in bytes of the file.</param>
    /// <param name="before">The last <see cref="ContentMark.MaxTailBytes"/> that stand before it.</param>
    /// <param name="bytes">What stands there, if that has been read already.</param>
    public void JumpTo(long offset, ReadOnlySpan<byte> before, ReadOnlySpan<byte> bytes)
    {
        Debug.Assert(CanJump && _held < 0);
        _start = _searched = _end = 0;
        _startBefore = -1;
        _guard.MoveTo(offset, before);
        _offset = _fileOffset = offset;
        if (bytes.Length > 0)
        {
            MakeRoom(bytes.Length);
            bytes.CopyTo(_buffer.AsSpan(_end));
            _end += bytes.Length;
            _guard.Add(bytes);
            _fileOffset += bytes.Length;
        }
    }

    /// <summary>Undoes the taking of all that is held: it lies ahead again.</summary>
    /// <param name="from">Where in the file it begins.</param>
    public void PutBackHeld(LinePosition from)
    {
        _start = _searched = _held;
        _offset = from.Offset;
        _inside = from.Inside;
        _startBefore = -1;
        Release();
    }

    /// <summary>Notes that the file is <see cref="IsReplaced"/>, as somebody else has found.</summary>
    public void MarkReplaced() => IsReplaced = true;

    public void Dispose()
    {
        _start = _end = 0;
        ReleaseBuffer();
        _stream?.Dispose();
    }

    private static TextEncoding EncodingOf(ReadOnlySpan<byte> head, out int markBytes)
    {
        if (head.StartsWith(Utf8Mark))
        {
            markBytes = 3;
            return TextEncoding.Utf8;
        }

        markBytes = 2;
        if (head is [0xff, 0xfe, ..])
        {
            return TextEncoding.Utf16LittleEndian;
        }

        if (head is [0xfe, 0xff, ..])
        {
            return TextEncoding.Utf16BigEndian;
        }

        markBytes = 0;
        return TextEncoding.Utf8;
    }

    private void ReadHead()
    {
        Span<byte> head = stackalloc byte[3];
        head = head[..(int)Math.Min(head.Length, _offset)];
        if (_handle is not null)
        {
            head = head[..RandomAccess.Read(_handle, head, 0)];
        }
        else
        {
            var at = _stream!.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            head = head[..at];
            _guard.Add(head);
            SkipTo(_stream, at, _offset, _guard);
        }

        _encoding = EncodingOf(head, out _);
        _hasHead = true;
    }

    /// <summary>Reads on to an offset, or to the end, and has the guard note all of it.</summary>
    public static void SkipTo(Stream stream, long at, long offset, ContentGuard guard)
    {
        var dropped = new byte[ReadBytes];
        while (at < offset)
        {
            var read = stream.Read(dropped, 0, (int)Math.Min(dropped.Length, offset - at));
            if (read == 0)
            {
                break;
            }

            guard.Add(dropped.AsSpan(0, read));
            at += read;
        }
    }

    /// <summary>Gets over what stands before the next line's start; false when that needs more bytes.</summary>
    private bool TryBeginLine()
    {
        if (_encoding == TextEncoding.Unknown && !TryFindEncoding(isFinal: false))
        {
            return false;
        }

        if (_inside == LineInside.TakenLine)
        {
            if (_end == _start || (_buffer[_start] == '\r' && _end - _start < 2))
            {
                return false;
            }

            var ahead = _buffer.AsSpan(_start, _end - _start);
            Take(_start + (ahead[0] == '\n' ? 1 : ahead.StartsWith("\r\n"u8) ? 2 : 0));
            _inside = LineInside.Nothing;
        }
        else if (_inside == LineInside.LongLine)
        {
            var found = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            Take(found >= 0 ? _start + found + 1 : _end);
            _inside = found >= 0 ? LineInside.Nothing : LineInside.LongLine;
        }

        return _inside == LineInside.Nothing;
    }

    /// <summary>Looks for a byte order mark at the head of the file; false while there are too few bytes to tell.</summary>
    private bool TryFindEncoding(bool isFinal)
    {
        var head = _buffer.AsSpan(_start, _end - _start);
        var mayBecomeMark = head.Length < 3 && (Utf8Mark.AsSpan().StartsWith(head) || head is [0xfe] or [0xff]);
        if (mayBecomeMark && !isFinal)
        {
            return false;
        }

        _encoding = EncodingOf(head, out var markBytes);
        _start = _searched = _start + markBytes;
        _offset += markBytes;
        if (_encoding != TextEncoding.Utf8)
        {
            // What was read is not what it was taken for: it goes the other way.
            _rawLength = _end - _start;
            _raw = new byte[Math.Max(ReadUtf16Bytes, _rawLength) + 4];
            Buffer.BlockCopy(_buffer, _start, _raw, 0, _rawLength);
            _start = _searched = _end = 0;
            Transcode(isFinal);
        }

        return true;
    }

    private int FillUtf8(int count)
    {
        MakeRoom(count);
        var read = ReadFile(_buffer.AsMemory(_end, count));
        _end += read;
        return read;
    }

    private int FillUtf16(int count)
    {
        if (_raw.Length == 0)
        {
            _raw = new byte[ReadUtf16Bytes + 4];
        }

        var read = ReadFile(_raw.AsMemory(_rawLength, Math.Min(count, _raw.Length - _rawLength)));
        _rawLength += read;
        if (read > 0)
        {
            Transcode(isFinal: false);
        }

        return read;
    }

    private int ReadFile(Memory<byte> into)
    {
        var read = _handle is null ? _stream!.Read(into.Span) : ReadFile(_handle, into);
        _guard.Add(into.Span[..read]);
        _fileOffset += read;
        return read;
    }

    /// <summary>
    /// Reads on, and in the same call the bytes before: only if they are what they were is the rest what follows them. (Looked
    /// at before, the file could be truncated right after the look.) Lines that are all alike have the same last bytes before and
    /// after a truncation, but seldom the same head: that is looked at behind what has been read.
    /// </summary>
    private int ReadFile(SafeFileHandle handle, Memory<byte> into)
    {
        var tail = _guard.Tail;
        if (IsReplaced)
        {
            return 0;
        }

        int read;
        if (tail.IsEmpty)
        {
            read = RandomAccess.Read(handle, into.Span, _fileOffset);
            IsReplaced = Expected?.IsHeadKeptBy(handle) == false;
            return IsReplaced ? 0 : read;
        }

        _againAndNext[0] = _again.AsMemory(0, tail.Length);
        _againAndNext[1] = into;
        read = (int)RandomAccess.Read(handle, _againAndNext, _fileOffset - tail.Length) - tail.Length;
        IsReplaced = read < 0 || !tail.SequenceEqual(_againAndNext[0].Span) || (read > 0 && !_guard.IsHeadKeptBy(handle));
        return IsReplaced ? 0 : read;
    }

    private void Transcode(bool isFinal)
    {
        var evenLength = _rawLength & ~1;
        MakeRoom(((evenLength / 2) + 2) * 3);
        var units = MemoryMarshal.Cast<byte, char>(_raw.AsSpan(0, evenLength));
        var isForeign = _encoding == TextEncoding.Utf16BigEndian == BitConverter.IsLittleEndian;
        if (isForeign)
        {
            Swap(_raw.AsSpan(0, evenLength));
        }

        Utf8.FromUtf16(units, _buffer.AsSpan(_end), out var taken, out var written, replaceInvalidSequences: true, isFinal);
        _end += written;

        var waiting = _rawLength - (taken * 2);
        if (isForeign)
        {
            Swap(_raw.AsSpan(taken * 2, evenLength - (taken * 2)));
        }

        Buffer.BlockCopy(_raw, taken * 2, _raw, 0, waiting);
        _rawLength = waiting;
        if (isFinal && waiting > 0)
        {
            // Half a unit at the very end of the file.
            "\uFFFD"u8.CopyTo(_buffer.AsSpan(_end));
            _end += 3;
            _rawLength = 0;
        }

        static void Swap(Span<byte> bytes)
        {
            var units = MemoryMarshal.Cast<byte, ushort>(bytes);
            System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(units, units);
        }
    }

    /// <summary>Has room behind what is ahead, and before that keeps what <see cref="Tail"/> shows.</summary>
    private void MakeRoom(int bytes)
    {
        var keptFrom = Math.Max(0, (_held < 0 ? _start : _held) - ContentMark.MaxTailBytes);
        if (_end > 0 && keptFrom == 0 && _buffer.Length - _end >= bytes)
        {
            return;
        }

        // What is left is a part of one entry: moved to the front, the same stretch of memory stays in the cache.
        var length = _end - keptFrom;
        var target = _buffer;
        if (_buffer.Length < length + bytes + ContentMark.MaxTailBytes)
        {
            target = ArrayPool<byte>.Shared.Rent(Math.Max(length + bytes + ContentMark.MaxTailBytes, 2 * length));
        }

        Buffer.BlockCopy(_buffer, keptFrom, target, 0, length);
        if (target != _buffer)
        {
            ReturnBuffer();
            _buffer = target;
        }

        _searched -= keptFrom;
        _start -= keptFrom;
        _end = length;
        _held -= _held >= 0 ? keptFrom : 0;
        _startBefore = -1;
        if (length == 0 && _guard.Offset == _fileOffset)
        {
            _guard.Tail.CopyTo(_buffer);
            _start = _searched = _end = _guard.Tail.Length;
        }
    }

    private void ReleaseBuffer()
    {
        ReturnBuffer();
        _buffer = [];
        _start = _searched = _end = 0;
    }

    private void ReturnBuffer()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }
    }

    private int WithoutReturn(int start, int end) => end > start && _buffer[end - 1] == '\r' ? end - 1 : end;

    private LogLine Line(int start, int end)
    {
        var isTruncated = end - start > MaxLineBytes;
        var length = isTruncated ? WholeCharacters(_buffer.AsSpan(start, MaxLineBytes + 1)) : end - start;
        return new LogLine(_buffer.AsMemory(start, length), _offset, isTruncated);
    }

    /// <summary>How much of the text stays when its last byte is cut off without leaving a character in pieces.</summary>
    private static int WholeCharacters(ReadOnlySpan<byte> text)
    {
        var end = text.Length - 1;
        for (var back = 0; back < 3 && (text[end - back] & 0xc0) == 0x80; back++)
        {
            if ((text[end - back - 1] & 0xc0) == 0xc0)
            {
                return end - back - 1;
            }
        }

        return end;
    }

    /// <summary>Moves on to <paramref name="to"/> in the buffer, and by as much in the file.</summary>
    private void Take(int to)
    {
        _offset += _encoding is TextEncoding.Utf16LittleEndian or TextEncoding.Utf16BigEndian
            ? 2L * Encoding.UTF8.GetCharCount(_buffer, _start, to - _start)
            : to - _start;
        _start = to;
        _searched = Math.Max(_searched, to);
    }
}
