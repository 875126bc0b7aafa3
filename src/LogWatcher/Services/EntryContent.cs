using System.Runtime.CompilerServices;
using System.Text;
using Google.Protobuf;
using LogWatcher.Logs;
using LogWatcher.Logs.Reading;
using LogWatcher.Rpc;
using Entry = LogWatcher.Logs.LogEntry;
using LogEntry = LogWatcher.Protos.V1.LogEntry;

namespace LogWatcher.Services;

/// <summary>
/// What the one message of a watch holds: the entry that was given to <see cref="MessageOf"/> last, since a door has written each before
/// it asks for the next. JSON and protobuf are written straight from their UTF-8. One thread at a time.
/// </summary>
internal sealed class EntryContent : IMessageContent
{
    // A buffer that one huge entry has stretched past this is let go.
    private const int KeepBytes = 64 * 1024;

    private readonly LogEntry _message;
    private readonly long _watchedSince;

    // By the source's hash; null: nothing was watched before.
    private readonly Dictionary<uint, long>? _watchedBefore;
    private readonly JsonOutput _proto = new(0);
    private Entry? _entry;
    private long _readBy;
    private string _source = "";
    private byte[] _sourceUtf8 = [];
    private int _sourceLength;

    /// <param name="watchedSince">See <see cref="Cursor.WatchedSince"/>.</param>
    /// <param name="after">The cursors that the watch was resumed with: their sources have been watched since their first beginning.</param>
    public EntryContent(long watchedSince, IReadOnlyList<Cursor>? after = null)
    {
        _watchedSince = watchedSince;
        foreach (var cursor in after ?? [])
        {
            _watchedBefore ??= [];
            _watchedBefore[cursor.SourceHash] = Math.Min(cursor.WatchedSince, _watchedBefore.GetValueOrDefault(cursor.SourceHash, watchedSince));
        }

        _message = new LogEntry { Content = this };
    }

    /// <summary>The message of an entry, good until the next is asked for.</summary>
    public LogEntry MessageOf(Entry entry)
    {
        _entry = entry;
        _readBy = FileClock.Latest;
        return _message;
    }

    public void WriteJson(JsonOutput output)
    {
        var entry = _entry!;
        output.WriteByte((byte)'{');
        var start = output.Length;
        WriteText(output, start, "\"level\": "u8, LogLevels.Utf8Name(entry.Level));
        WriteText(output, start, "\"msg\": "u8, entry.Text.Message);
        if (entry.Time is { } time)
        {
            Span<byte> utf8 = stackalloc byte[LogTime.MaxRfc3339Bytes];
            WriteText(output, start, "\"time\": "u8, utf8[..time.WriteRfc3339(utf8)]);
        }

        WriteText(output, start, "\"source\": "u8, Utf8Source(entry.Source));
        WriteFields(output, start, entry.Text);
        if (entry.Place is { } place)
        {
            Span<byte> utf8 = stackalloc byte[Cursor.MaxLength];
            WriteText(output, start, "\"cursor\": "u8, utf8[..CursorOf(place).Write(utf8)]);
        }

        if (entry.Suppressed > 0)
        {
            WriteName(output, start, "\"suppressed\": "u8);
            default(IntegerJson<long>).Write(output, entry.Suppressed);
        }

        output.WriteByte((byte)'}');
    }

    private Cursor CursorOf(EntryPlace place) =>
        place.ToCursor(_watchedBefore is null ? _watchedSince : _watchedBefore.GetValueOrDefault(place.SourceHash, _watchedSince), _readBy);

    public ReadOnlySpan<byte> ToProto()
    {
        var entry = _entry!;
        _proto.Clear(KeepBytes);
        WriteProto(LogEntry.LevelFieldNumber, LogLevels.Utf8Name(entry.Level));
        WriteProto(LogEntry.MsgFieldNumber, entry.Text.Message);
        if (entry.Time is { } time)
        {
            Span<byte> utf8 = stackalloc byte[LogTime.MaxRfc3339Bytes];
            WriteProto(LogEntry.TimeFieldNumber, utf8[..time.WriteRfc3339(utf8)]);
        }

        WriteProto(LogEntry.SourceFieldNumber, Utf8Source(entry.Source));
        for (var index = 0; index < entry.Text.FieldCount; index++)
        {
            // An entry of a map is a message of its own, with both its fields.
            var name = entry.Text.FieldName(index);
            var value = entry.Text.FieldValue(index);
            WriteTag(LogEntry.FieldsFieldNumber, WireFormat.WireType.LengthDelimited);
            WriteVarint((ulong)(LengthInMap(name) + LengthInMap(value)));
            WriteText(1, name);
            WriteText(2, value);
        }

        if (entry.Place is { } place)
        {
            Span<byte> utf8 = stackalloc byte[Cursor.MaxLength];
            WriteProto(LogEntry.CursorFieldNumber, utf8[..CursorOf(place).Write(utf8)]);
        }

        if (entry.Suppressed > 0)
        {
            WriteTag(LogEntry.SuppressedFieldNumber, WireFormat.WireType.Varint);
            WriteVarint((ulong)entry.Suppressed);
        }

        return _proto.Written;
    }

    /// <summary>Most entries have the source of the one before.</summary>
    private ReadOnlySpan<byte> Utf8Source(string source)
    {
        if (source != _source)
        {
            var maxBytes = Encoding.UTF8.GetMaxByteCount(source.Length);
            _sourceUtf8 = _sourceUtf8.Length < maxBytes ? new byte[maxBytes] : _sourceUtf8;
            (_source, _sourceLength) = (source, Encoding.UTF8.GetBytes(source, _sourceUtf8));
        }

        return _sourceUtf8.AsSpan(0, _sourceLength);
    }

    private static int LengthInMap(ReadOnlySpan<byte> text) => 1 + CodedOutputStream.ComputeLengthSize(text.Length) + text.Length;

    /// <summary>Writes a field of text, unless it is empty.</summary>
    private void WriteProto(int number, ReadOnlySpan<byte> text)
    {
        if (text.Length > 0)
        {
            WriteText(number, text);
        }
    }

    private void WriteText(int number, ReadOnlySpan<byte> text)
    {
        WriteTag(number, WireFormat.WireType.LengthDelimited);
        WriteVarint((ulong)text.Length);
        _proto.WriteRaw(text);
    }

    private void WriteTag(int number, WireFormat.WireType type) => WriteVarint(WireFormat.MakeTag(number, type));

    private void WriteVarint(ulong value)
    {
        for (; value > 0x7f; value >>= 7)
        {
            _proto.WriteByte((byte)(value | 0x80));
        }

        _proto.WriteByte((byte)value);
    }

    private static void WriteFields(JsonOutput output, int start, EntryText text)
    {
        if (text.FieldCount == 0)
        {
            return;
        }

        WriteName(output, start, "\"fields\": {"u8);
        for (var index = 0; index < text.FieldCount; index++)
        {
            if (index > 0)
            {
                output.WriteRaw(", "u8);
            }

            output.WriteString(text.FieldName(index));
            output.WriteRaw(": "u8);
            output.WriteString(text.FieldValue(index));
        }

        output.WriteByte((byte)'}');
    }

    /// <param name="output">Where the message is written.</param>
    /// <param name="start">Where its first name goes, the only one without a comma before it.</param>
    /// <param name="name">With its quotes and colon.</param>
    /// <param name="text">Left out if it is empty.</param>
    private static void WriteText(JsonOutput output, int start, ReadOnlySpan<byte> name, ReadOnlySpan<byte> text)
    {
        if (text.Length > 0)
        {
            WriteName(output, start, name);
            output.WriteString(text);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteName(JsonOutput output, int start, ReadOnlySpan<byte> name)
    {
        if (output.Length > start)
        {
            output.WriteRaw(", "u8);
        }

        output.WriteRaw(name);
    }
}
