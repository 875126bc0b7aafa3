using System.Buffers;

namespace LogWatcher.Logs.Formats;

/// <summary>
/// Lines of the OpenTelemetry Collector's file exporter (opentelemetry-proto, logs.proto, LogsData as JSON): records within
/// scopes within resources, as many as came at once. The entry is their sum: the level is the most severe, the time that of
/// the first that has one, the message their bodies, one a line, and its fields are those of all; where they have different values
/// under one name, the field has all of them, one a line.
/// </summary>
internal ref struct OtlpFormat
{
    private const int ExpectedRecords = 16;

    private readonly EntryView _view;
    private readonly TimeProvider _clock;
    private JsonFormat _json;
    private LogLevel _level;
    private LogTime? _time;
    private int _records;
    private ByteRange[] _messages;
    private int _messageCount;

    private OtlpFormat(EntryView view, int start, TimeProvider clock)
    {
        _view = view;
        _clock = clock;
        _json = new JsonFormat(view, start, clock);
        _messages = ArrayPool<ByteRange>.Shared.Rent(ExpectedRecords);
    }

    /// <summary>What the objects on the way to the records are: each kind has an array of the next.</summary>
    private enum Holder
    {
        Data,
        Resource,
        Scope,
        Record,
    }

    /// <summary>Whether an object begins with the key that these lines begin with.</summary>
    public static bool IsLikely(ReadOnlySpan<byte> text)
    {
        var key = text[1..].IndexOfAnyExcept((byte)' ', (byte)'\t') + 1;
        return key > 0 && text[key..].StartsWith("\"resourceLogs\""u8);
    }

    /// <summary>Reads the line of a view; false, and the view as it was, if it is no such JSON.</summary>
    public static bool TryParse(EntryView view, int start, TimeProvider clock)
    {
        var data = new OtlpFormat(view, start, clock);
        try
        {
            var isRead = data.TryReadHolder(Holder.Data);
            data._json.Scanner.SkipSpace();
            if ((!isRead && !view.IsTruncated) || !data._json.Scanner.IsAtEnd)
            {
                view.Reset();
                return false;
            }

            data.Settle();
            return true;
        }
        finally
        {
            ArrayPool<ByteRange>.Shared.Return(data._messages);
        }
    }

    private static ReadOnlySpan<byte> ArrayOf(Holder holder) => holder switch
    {
        Holder.Data => "resourceLogs"u8,
        Holder.Resource => "scopeLogs"u8,
        _ => "logRecords"u8,
    };

    private bool TryReadHolder(Holder holder)
    {
        ref var scanner = ref _json.Scanner;
        if (holder == Holder.Record)
        {
            return TryReadRecord();
        }

        if (!scanner.TryTake((byte)'{'))
        {
            return false;
        }

        scanner.SkipSpace();
        if (scanner.TryTake((byte)'}'))
        {
            return true;
        }

        do
        {
            scanner.SkipSpace();
            if (!_json.TryReadName(out var name))
            {
                return false;
            }

            var isRead = scanner.Is((byte)'[') && _view.Get(name).SequenceEqual(ArrayOf(holder))
                ? TryReadArray(holder + 1)
                : TryReadRest(name);
            if (!isRead)
            {
                return false;
            }

            scanner.SkipSpace();
        }
        while (scanner.TryTake((byte)','));
        return scanner.TryTake((byte)'}');
    }

    private bool TryReadArray(Holder holder)
    {
        ref var scanner = ref _json.Scanner;
        scanner.At++;
        scanner.SkipSpace();
        if (scanner.TryTake((byte)']'))
        {
            return true;
        }

        do
        {
            scanner.SkipSpace();
            if (!TryReadHolder(holder))
            {
                return false;
            }

            scanner.SkipSpace();
        }
        while (scanner.TryTake((byte)','));
        return scanner.TryTake((byte)']');
    }

    /// <summary>The resource or the scope itself, or an address of a schema: its fields are the entry's, and have no roles.</summary>
    private bool TryReadRest(ByteRange name)
    {
        _json.Roles = new FieldRoles(_view, _clock);
        return _json.TryReadValue(name, 1);
    }

    private bool TryReadRecord()
    {
        if (!_json.Scanner.Is((byte)'{'))
        {
            return false;
        }

        (_view.Level, _view.Time) = (LogLevel.None, null);
        _json.Roles = new FieldRoles(_view, _clock);
        var isRead = _json.TryReadObject(default, 1);
        _json.Roles.Settle();
        _records++;
        _level = _view.Level > _level ? _view.Level : _level;
        _time ??= _view.Time;
        if (!_view.Message.IsEmpty)
        {
            AddMessage(_view.MessageRange);
        }

        return isRead;
    }

    private void AddMessage(ByteRange message)
    {
        if (_messageCount == _messages.Length)
        {
            var larger = ArrayPool<ByteRange>.Shared.Rent(_messages.Length * 2);
            _messages.CopyTo(larger, 0);
            ArrayPool<ByteRange>.Shared.Return(_messages);
            _messages = larger;
        }

        _messages[_messageCount++] = message;
    }

    private readonly void Settle()
    {
        (_view.Level, _view.Time) = (_level, _time);
        _view.SetMessage(_view.JoinLines(_messages.AsSpan(0, _messageCount)));
        if (_records > 1)
        {
            RepeatedFields.Join(_view);
        }
    }
}
