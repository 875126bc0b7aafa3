using System.Buffers.Text;

namespace LogWatcher.Logs.Formats;

/// <summary>
/// Finds time, level and message among the fields of a structured line as they are added, and takes them out of the rest at
/// the end. What bears a known name but makes no sense as such stays a field.
/// </summary>
internal ref struct FieldRoles(EntryView view, TimeProvider clock)
{
    private int _time = -1;
    private int _timeRank = int.MaxValue;
    private int _level = -1;
    private int _levelRank = int.MaxValue;
    private int _message = -1;
    private int _messageRank = int.MaxValue;

    /// <summary>Any of the three has been found.</summary>
    public readonly bool HasAny => (_time & _level & _message) >= 0;

    /// <summary>Adds a field to the view.</summary>
    /// <param name="name">Its name; nested ones joined.</param>
    /// <param name="value">Its value, unescaped.</param>
    /// <param name="isText">Whether the value may be a message: text, or in a format without types anything.</param>
    public void Add(ByteRange name, ByteRange value, bool isText)
    {
        var index = view.FieldCount;
        view.AddField(name, value);
        switch (KnownNames.RoleOf(view.Get(name), out var rank))
        {
            // Of a name given twice the last counts, so an equal rank is as good as a better one.
            case FieldRole.Time when rank <= _timeRank && TimeText.TryParse(view.Get(value), clock, out var time):
                (_time, _timeRank) = (index, rank);
                view.Time = time;
                break;
            case FieldRole.Level when rank <= _levelRank && TryParseLevel(view.Get(name), view.Get(value), out var level):
                (_level, _levelRank) = (index, rank);
                view.Level = level;
                break;
            case FieldRole.Message when isText && rank <= _messageRank:
                (_message, _messageRank) = (index, rank);
                break;
        }
    }

    /// <summary>All fields are there: time, level and message are the entry's own from now on. Without one, the message is empty.</summary>
    public readonly void Settle()
    {
        view.SetMessage(_message >= 0 ? view.FieldValueRange(_message) : default);
        view.RemoveFields(_time, _level, _message);
    }

    /// <summary>Reads the level that a field tells: a name, or a number, whose meaning is the field's.</summary>
    public static bool TryParseLevel(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, out LogLevel level)
    {
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
