using System.Buffers.Text;
using System.Runtime.CompilerServices;

namespace LogWatcher.Logs.Formats;

/// <summary>
/// Finds time, level and message among the fields of a structured line as they are added, and takes them out of the rest at
/// the end. What bears a known name but makes no sense as such stays a field.
/// </summary>
internal ref struct FieldRoles(EntryView view, TimeProvider clock)
{
    /// <summary>A view that is filled from several objects has the fields of those before already.</summary>
    private readonly int _first = view.FieldCount;

    private int _time = -1;
    private int _timeRank = int.MaxValue;
    private int _level = -1;
    private int _levelRank = int.MaxValue;
    private int _message = -1;
    private int _messageRank = int.MaxValue;
    private ulong _seen;
    private bool _isAnyRepeated;

    /// <summary>Any of the three has been found.</summary>
    public readonly bool HasAny => (_time & _level & _message) >= 0;

    /// <summary>The message so far; empty if none has been found.</summary>
    public readonly ByteRange Message => _message >= 0 ? view.FieldValueRange(_message) : default;

    /// <summary>Adds a field to the view.</summary>
    /// <param name="name">Its name; nested ones joined.</param>
    /// <param name="value">Its value, unescaped.</param>
    /// <param name="isText">Whether the value may be a message: text, or in a format without types anything.</param>
    public void Add(ByteRange name, ByteRange value, bool isText) => Add(name, KnownNames.Find(view.Get(name)), value, isText);

    /// <summary>The same with what the name is known for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ByteRange name, in KnownNames.Known known, ByteRange value, bool isText)
    {
        var index = view.FieldCount;
        view.AddField(name, value, isText, mayHaveRole: true);
        if (known.Role != FieldRole.Other)
        {
            Weigh(index, known);
        }
    }

    /// <summary>All fields are there: of names given twice the last counts.</summary>
    public void Decide()
    {
        if (_isAnyRepeated)
        {
            WeighAgain();
            _isAnyRepeated = false;
        }
    }

    /// <summary>log4j's JsonLayout and Google's agents write seconds and nanoseconds apart.</summary>
    private readonly void AddNanoseconds()
    {
        if (_timeRank < KnownNames.FirstRankOfSeconds || view.Time is not { } time)
        {
            return;
        }

        var name = view.FieldName(_time);
        var nanoseconds = name.StartsWith("instant"u8) ? "instant.nanoOfSecond"u8
            : name.Contains((byte)'.') ? "timestamp.nanos"u8 : "timestampNanos"u8;
        if (view.TryGetField(nanoseconds, out var value) && Utf8Parser.TryParse(value, out int number, out var consumed)
            && consumed == value.Length && number is >= 0 and < 1_000_000_000)
        {
            view.Time = time with { Nanoseconds = number };
        }
    }

    /// <summary>Whether the message found is the field of exactly that name.</summary>
    public readonly bool IsMessage(ReadOnlySpan<byte> name) => _message >= 0 && view.FieldName(_message).SequenceEqual(name);

    /// <summary>
    /// An event of CLEF (https://clef-json.org) without an <c>@l</c> is of the level Information, whatever else it has: its
    /// own names have an <c>@</c>.
    /// </summary>
    public void SettleClef()
    {
        if (_timeRank == 0 && (IsMessage("@m"u8) || IsMessage("@mt"u8)) && view.FieldName(_time).SequenceEqual("@t"u8)
            && (_level < 0 || !view.FieldName(_level).SequenceEqual("@l"u8)))
        {
            _level = -1;
            view.Level = LogLevel.Info;
        }
    }

    /// <summary>All fields are there: time, level and message are the entry's own from now on. Without one, the message is empty.</summary>
    public void Settle() => Settle(null);

    /// <summary>The same with a message made of the one found, which stays a field.</summary>
    public void Settle(ByteRange? made)
    {
        Decide();
        AddNanoseconds();
        view.SetMessage(made ?? Message);
        view.RemoveFields(_time, _level, made is null ? _message : -1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Weigh(int index, in KnownNames.Known known)
    {
        var bit = 1UL << known.Index;
        _isAnyRepeated |= (_seen & bit) != 0;
        _seen |= bit;
        if (known.Role == FieldRole.Time)
        {
            WeighTime(index, known.Rank);
        }
        else if (known.Role == FieldRole.Level)
        {
            WeighLevel(index, known.Rank);
        }
        else if (known.Role == FieldRole.Message && known.Rank <= _messageRank && view.IsFieldText(index))
        {
            (_message, _messageRank) = (index, known.Rank);
        }
    }

    private void WeighTime(int index, int rank)
    {
        if (rank <= _timeRank && TimeText.TryParse(view.FieldValue(index), clock, out var time))
        {
            (_time, _timeRank) = (index, rank);
            view.Time = time;
        }
    }

    private void WeighLevel(int index, int rank)
    {
        if (rank <= _levelRank && TryParseLevel(view.FieldName(index), view.FieldValue(index), out var level))
        {
            (_level, _levelRank) = (index, rank);
            view.Level = level;
        }
    }

    /// <summary>
    /// Of a key given twice the last counts, whatever it holds: the others go, and the roles are found anew, among the fields that have
    /// been weighed before.
    /// </summary>
    private void WeighAgain()
    {
        Span<int> lastOf = stackalloc int[KnownNames.MaxNames];
        lastOf.Fill(-1);
        for (var index = view.FieldCount - 1; index >= _first; index--)
        {
            var known = view.MayFieldHaveRole(index) ? KnownNames.Find(view.FieldName(index)) : default;
            if (known.Role == FieldRole.Other)
            {
                continue;
            }

            ref var last = ref lastOf[known.Index];
            if (last < 0)
            {
                last = index;
            }
            else if (view.FieldName(index).SequenceEqual(view.FieldName(last)))
            {
                view.MarkRemoved(index);
            }
        }

        view.RemoveMarked(_first);
        (_time, _level, _message) = (-1, -1, -1);
        (_timeRank, _levelRank, _messageRank) = (int.MaxValue, int.MaxValue, int.MaxValue);
        (view.Time, view.Level) = (null, LogLevel.None);
        for (var index = _first; index < view.FieldCount; index++)
        {
            var known = view.MayFieldHaveRole(index) ? KnownNames.Find(view.FieldName(index)) : default;
            if (known.Role != FieldRole.Other)
            {
                Weigh(index, known);
            }
        }
    }

    /// <summary>
    /// Reads the level that a field tells: a name, or a number, whose meaning is the field's. It may be filled up with spaces, as patterns
    /// of columns do it (<c>%-5level</c>).
    /// </summary>
    public static bool TryParseLevel(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, out LogLevel level)
    {
        value = value.Trim((byte)' ');

        // MongoDB's s is a letter, and for its levels of debugging a digit with it; elsewhere an s may be anything.
        if (name.Length == 1 && value.Length > 1)
        {
            level = value is [(byte)'D', >= (byte)'1' and <= (byte)'5'] ? LogLevel.Debug : LogLevel.None;
            return level != LogLevel.None;
        }

        // PostgreSQL's jsonlog.
        if (value.SequenceEqual("LOG"u8) && name.SequenceEqual("error_severity"u8))
        {
            level = LogLevel.Info;
            return true;
        }

        if (LogLevels.TryParse(value, out level))
        {
            return true;
        }

        if (!Utf8Parser.TryParse(value, out int number, out var consumed) || consumed != value.Length)
        {
            return false;
        }

        level = KnownNames.IsOtlpNumber(name) ? FromOtlp(number) : FromNumber(number);
        return level != LogLevel.None;
    }

    /// <summary>Severities of syslog (RFC 5424, 6.2.1) are below 8, the levels of pino and bunyan from 10 to 60.</summary>
    private static LogLevel FromNumber(int number) => number switch
    {
        >= 0 and <= 2 => LogLevel.Fatal,
        3 => LogLevel.Error,
        4 => LogLevel.Warn,
        5 or 6 => LogLevel.Info,
        7 => LogLevel.Debug,
        >= 10 and < 20 => LogLevel.Trace,
        >= 20 and < 30 => LogLevel.Debug,
        >= 30 and < 40 => LogLevel.Info,
        >= 40 and < 50 => LogLevel.Warn,
        >= 50 and < 60 => LogLevel.Error,
        >= 60 and < 70 => LogLevel.Fatal,
        _ => LogLevel.None,
    };

    /// <summary>OpenTelemetry, logs data model, "Field: SeverityNumber": four numbers a level, from 1.</summary>
    private static LogLevel FromOtlp(int number) => number switch
    {
        >= 1 and <= 4 => LogLevel.Trace,
        >= 5 and <= 8 => LogLevel.Debug,
        >= 9 and <= 12 => LogLevel.Info,
        >= 13 and <= 16 => LogLevel.Warn,
        >= 17 and <= 20 => LogLevel.Error,
        >= 21 and <= 24 => LogLevel.Fatal,
        _ => LogLevel.None,
    };
}
