using System.Buffers.Binary;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text;
using LogWatcher.Logs.Reading;

namespace LogWatcher.Logs;

/// <summary>
/// The place behind an entry of a source, as clients keep it: base64url of a version, the source, the time the watching began,
/// one or two places, when the entry had been read, and a checksum. Two, while a file that was renamed may still be written to beside its
/// successor: what comes from either tells how far the other has been delivered.
/// </summary>
/// <param name="SourceHash">Of the source's name.</param>
/// <param name="WatchedSince">
/// When the watch that delivered the entry began, or the first of those that were resumed one from the other, in 100 ns since 1970:
/// what took another name since then has been delivered under its old one.
/// </param>
/// <param name="Place">Behind the entry.</param>
/// <param name="Other">How far the same source's other file has been delivered; null if there is none.</param>
/// <param name="IsOtherNewer">Whether that is what stood under the source's name last.</param>
/// <param name="ReadBy">
/// By this time the entry had been read, in 100 ns since 1970: of a file that was begun later nothing has been delivered. 0: unknown.
/// </param>
internal readonly record struct Cursor(
    uint SourceHash, long WatchedSince, FilePlace Place, FilePlace? Other, bool IsOtherNewer, long ReadBy = 0)
{
    /// <summary>The most characters a cursor has (logs.md: under 100).</summary>
    public const int MaxLength = 99;

    private const byte VersionWithoutTime = 1;
    private const byte Version = 2;
    private const int MaxBytes = 74;
    private const int CheckBytes = 2;

    /// <summary>Times are counted from 2020 on; this is in 100 ns since 1970.</summary>
    private const long FirstTime = 15_778_368_000_000_000;

    /// <summary>The place in what stood under the source's name last.</summary>
    public FilePlace Newest => Other is not null && IsOtherNewer ? Other : Place;

    /// <summary>The place in what stood there before that; null if there is none.</summary>
    public FilePlace? Older => Other is not null && IsOtherNewer ? Place : Other;

    /// <summary>
    /// Whether it tells of a collected entry, which has a number and no content: a place in a file has some before it. The
    /// number would fit any file that is long enough.
    /// </summary>
    public bool IsOfCollected => Place.Position.Offset > 0 && Place.Mark == default;

    public static uint HashOf(string source) => (uint)ContentHash.Of(Encoding.UTF8.GetBytes(source));

    /// <summary>Reads what <see cref="ToString"/> has written; false for anything else.</summary>
    public static bool TryParse(string text, out Cursor cursor)
    {
        cursor = default;
        Span<byte> bytes = stackalloc byte[MaxBytes];
        if (text.Length > MaxLength
            || Base64Url.DecodeFromChars(text, bytes, out _, out var length) != System.Buffers.OperationStatus.Done
            || length <= CheckBytes)
        {
            return false;
        }

        bytes = bytes[..length];
        if ((ushort)ContentHash.Of(bytes[..^CheckBytes]) != (ushort)(bytes[^2] | (bytes[^1] << 8)))
        {
            return false;
        }

        var reader = new Reader(bytes[..^CheckBytes]);
        var version = reader.Byte();
        if (version is not (Version or VersionWithoutTime))
        {
            return false;
        }

        var flags = reader.Byte();
        var source = (uint)reader.Fixed(4);
        var since = FirstTime + (reader.Variable() * TimeSpan.TicksPerMillisecond);
        var place = Place(ref reader, flags & 3, (flags & 64) != 0);
        var other = (flags & 16) != 0 ? Place(ref reader, (flags >> 2) & 3, (flags & 128) != 0) : null;
        var readBy = version == Version ? since + (reader.Variable() * TimeSpan.TicksPerMillisecond) : 0;
        cursor = new Cursor(source, since, place, other, (flags & 32) != 0, readBy);
        return reader.IsAtEnd && IsPossible(place) && (other is null || IsPossible(other));

        FilePlace Place(ref Reader reader, int inside, bool hasChange)
        {
            var file = (ulong)reader.Fixed(6);
            var offset = reader.Variable();
            var mark = new ContentMark((int)reader.Fixed(2), (ulong)reader.Fixed(5), reader.Byte(), (uint)reader.Fixed(4));
            var changed = hasChange ? since + (reader.Signed() * FilePlace.ChangeUnit) : 0;
            return new FilePlace(file, new LinePosition(offset, (LineInside)inside), mark, changed);
        }
    }

    /// <summary>A checksum keeps accidents away, and not those who make one: no more is read of a file than a mark can be of.</summary>
    private static bool IsPossible(FilePlace place) =>
        place.Position.Offset >= 0 && place.Position.Inside <= LineInside.TakenLine
        && place.Mark.HeadLength <= Math.Min(place.Position.Offset, ContentMark.MaxHeadBytes)
        && place.Mark.TailLength <= Math.Min(place.Position.Offset, ContentMark.MaxTailBytes);

    /// <summary>At most <see cref="MaxLength"/> characters of base64url.</summary>
    public override string ToString()
    {
        Span<byte> utf8 = stackalloc byte[MaxLength];
        return Encoding.ASCII.GetString(utf8[..Write(utf8)]);
    }

    /// <summary>The same in UTF-8.</summary>
    /// <param name="utf8">At least <see cref="MaxLength"/> bytes long.</param>
    /// <returns>How many bytes were written.</returns>
    public int Write(Span<byte> utf8)
    {
        var writer = new Writer(stackalloc byte[(2 * MaxBytes) + sizeof(long)]);
        writer.Fixed(ReadBy > 0 ? Version : VersionWithoutTime, 1);
        writer.Fixed(
            (int)Place.Position.Inside | ((int)(Other?.Position.Inside ?? 0) << 2)
            | (Other is null ? 0 : 16) | (IsOtherNewer ? 32 : 0) | (Place.ChangedBy > 0 ? 64 : 0) | (Other?.ChangedBy > 0 ? 128 : 0),
            1);
        writer.Fixed(SourceHash, 4);
        var milliseconds = Math.Max(0, WatchedSince - FirstTime) / TimeSpan.TicksPerMillisecond;
        var since = FirstTime + (milliseconds * TimeSpan.TicksPerMillisecond);
        writer.Variable(milliseconds);
        WritePlace(ref writer, Place, since);
        if (Other is not null)
        {
            WritePlace(ref writer, Other, since);
        }

        if (ReadBy > 0)
        {
            // What was read before that was read by then, too.
            writer.Variable((Math.Max(0, ReadBy - since) + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond);
        }

        if (writer.Written.Length > MaxBytes - CheckBytes)
        {
            // In files of many terabytes there is room for one place only; one always fits.
            return (ReadBy > 0 ? this with { ReadBy = 0 } : this with { Other = null }).Write(utf8);
        }

        writer.Fixed((ushort)ContentHash.Of(writer.Written), CheckBytes);
        return Encode(writer.Written, utf8);
    }

    private static void WritePlace(ref Writer writer, FilePlace place, long since)
    {
        writer.Fixed((long)place.FileHash, 6);
        writer.Variable(place.Position.Offset);
        writer.Fixed(place.Mark.HeadLength, 2);
        writer.Fixed((long)place.Mark.HeadHash, 5);
        writer.Fixed(place.Mark.TailLength, 1);
        writer.Fixed(place.Mark.TailHash, 4);
        if (place.ChangedBy > 0)
        {
            // In units of FilePlace.ChangeUnit, rounded down whatever the sign.
            writer.Signed((place.ChangedBy - since) >> 7);
        }
    }

    /// <summary>Base64url (RFC 4648, 5) without padding. The platform's is compiled by the JIT at every start, and slowly at first.</summary>
    private static int Encode(ReadOnlySpan<byte> bytes, Span<byte> text)
    {
        var digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8;
        var length = 0;
        for (; bytes.Length >= 3; bytes = bytes[3..], length += 4)
        {
            var three = (bytes[0] << 16) | (bytes[1] << 8) | bytes[2];
            BinaryPrimitives.WriteInt32LittleEndian(
                text[length..],
                digits[(three >> 18) & 0x3f] | (digits[(three >> 12) & 0x3f] << 8) | (digits[(three >> 6) & 0x3f] << 16) | (digits[three & 0x3f] << 24));
        }

        if (bytes.Length > 0)
        {
            var rest = (bytes[0] << 16) | (bytes.Length > 1 ? bytes[1] << 8 : 0);
            text[length++] = digits[rest >> 18];
            text[length++] = digits[(rest >> 12) & 0x3f];
            if (bytes.Length > 1)
            {
                text[length++] = digits[(rest >> 6) & 0x3f];
            }
        }

        return length;
    }

    /// <param name="bytes">With room for a number behind the last one.</param>
    private ref struct Writer(Span<byte> bytes)
    {
        private readonly Span<byte> _bytes = bytes;
        private int _length;

        public readonly ReadOnlySpan<byte> Written => _bytes[.._length];

        /// <summary>The lowest bytes of a number; what is written behind them is written over.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Fixed(long value, int count)
        {
            BinaryPrimitives.WriteInt64LittleEndian(_bytes[_length..], value);
            _length += count;
        }

        /// <summary>Seven bits a byte, the lowest first; 0 or more.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Variable(long value)
        {
            for (; value >= 0x80; value >>= 7)
            {
                _bytes[_length++] = (byte)(value | 0x80);
            }

            _bytes[_length++] = (byte)value;
        }

        /// <summary>The same, with the sign in the lowest bit.</summary>
        public void Signed(long value) => Variable((value << 1) ^ (value >> 63));
    }

    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;
        private bool _isShort;

        public readonly bool IsAtEnd => _rest.IsEmpty && !_isShort;

        public byte Byte() => (byte)Fixed(1);

        public long Fixed(int count)
        {
            if (_rest.Length < count)
            {
                _isShort = true;
                _rest = default;
                return 0;
            }

            var value = 0L;
            for (var index = 0; index < count; index++)
            {
                value |= (long)_rest[index] << (8 * index);
            }

            _rest = _rest[count..];
            return value;
        }

        public long Variable()
        {
            var value = 0L;
            for (var shift = 0; shift < 63; shift += 7)
            {
                var next = Byte();
                value |= (long)(next & 0x7f) << shift;
                if (next < 0x80)
                {
                    return value;
                }
            }

            _isShort = true;
            return 0;
        }

        public long Signed()
        {
            var value = Variable();
            return (value >> 1) ^ -(value & 1);
        }
    }
}
