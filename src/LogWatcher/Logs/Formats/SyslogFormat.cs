using System.Buffers;
using System.Buffers.Text;

namespace LogWatcher.Logs.Formats;

/// <summary>
/// Lines of syslog: RFC 5424 (<c>&lt;165&gt;1 2003-10-11T22:14:15.003Z host app pid msgid [sd] msg</c>), RFC 3164
/// (<c>&lt;34&gt;Oct 11 22:14:15 host su[230]: msg</c>), and as rsyslog, syslog-ng, busybox and journalctl write them to files,
/// without the priority. The severity is the level; <c>facility</c>, <c>host</c>, <c>app</c>, <c>pid</c> and <c>msgid</c> are
/// fields, and the parameters of structured data by their element and name.
/// </summary>
internal ref struct SyslogFormat
{
    /// <summary>RFC 5424, 6.2.1: 23 facilities and the one of the kernel, eight severities each.</summary>
    private const int MaxPriority = 191;

    /// <summary>RFC 5424, 6: the longest host name.</summary>
    private const int MaxHostBytes = 255;

    /// <summary>RFC 5424, 6: a program's name has 48 bytes at most, the identifier of its process 128.</summary>
    private const int MaxAppBytes = 48;
    private const int MaxPidBytes = 128;

    private static readonly SearchValues<byte> TagStops = SearchValues.Create(" :["u8);
    private static readonly SearchValues<byte> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/()@+%$~*:"u8);

    private readonly EntryView _view;
    private readonly ReadOnlySpan<byte> _text;
    private readonly TimeProvider _clock;
    private int _at;

    private SyslogFormat(EntryView view, TimeProvider clock)
    {
        _view = view;
        _text = view.Line;
        _clock = clock;
    }

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Reads a line that begins with a priority, <c>&lt;34&gt;</c>; false, and the view as it was, if it has none.</summary>
    public static bool TryParse(EntryView view, TimeProvider clock)
    {
        var syslog = new SyslogFormat(view, clock);
        if (!syslog.TryReadPriority(out var priority))
        {
            return false;
        }

        var start = syslog._at;
        view.Level = LevelOf(priority & 7);
        view.AddField("facility"u8, Facility(priority >> 3));
        if (!syslog.TryReadVersion1())
        {
            view.RemoveFieldsFrom(1);
            view.Time = null;
            syslog._at = start;
            syslog.ReadTraditional();
        }

        view.SetMessage(syslog._at, syslog._text.Length - syslog._at);
        return true;
    }

    /// <summary>
    /// Reads a line as daemons write them to files: a time, a host, a tag with a colon. Text looks much like it, so all
    /// three must be there; false, and the view as it was, if they are not.
    /// </summary>
    public static bool TryParseFile(EntryView view, TimeProvider clock)
    {
        var syslog = new SyslogFormat(view, clock);
        if (!syslog.IsFileLikely())
        {
            return false;
        }

        if (!syslog.TryReadFile())
        {
            view.Reset();
            return false;
        }

        view.SetMessage(syslog._at, syslog._text.Length - syslog._at);
        return true;
    }

    /// <summary>RFC 5424, 6.2.1, Table 2.</summary>
    private static LogLevel LevelOf(int severity) => severity switch
    {
        <= 2 => LogLevel.Fatal,
        3 => LogLevel.Error,
        4 => LogLevel.Warn,
        5 or 6 => LogLevel.Info,
        _ => LogLevel.Debug,
    };

    /// <summary>RFC 5424, 6.2.1, Table 1, by the keywords of syslog(3) and what daemons add to them.</summary>
    private static ReadOnlySpan<byte> Facility(int number) => number switch
    {
        0 => "kern"u8,
        1 => "user"u8,
        2 => "mail"u8,
        3 => "daemon"u8,
        4 => "auth"u8,
        5 => "syslog"u8,
        6 => "lpr"u8,
        7 => "news"u8,
        8 => "uucp"u8,
        9 => "cron"u8,
        10 => "authpriv"u8,
        11 => "ftp"u8,
        12 => "ntp"u8,
        13 => "audit"u8,
        14 => "alert"u8,
        15 => "clock"u8,
        16 => "local0"u8,
        17 => "local1"u8,
        18 => "local2"u8,
        19 => "local3"u8,
        20 => "local4"u8,
        21 => "local5"u8,
        22 => "local6"u8,
        _ => "local7"u8,
    };

    private bool TryReadPriority(out int priority)
    {
        if (!Utf8Parser.TryParse(_text[1..Math.Min(_text.Length, 5)], out priority, out var digits) || digits > 3
            || Peek(1) is '+' or '-' || (Peek(1) == '0' && digits > 1) || Peek(digits + 1) != '>' || priority > MaxPriority)
        {
            return false;
        }

        _at = digits + 2;
        return true;
    }

    /// <summary>RFC 5424, 6: what stands behind the priority. A line that is cut off may end anywhere in its structured data.</summary>
    private bool TryReadVersion1()
    {
        if (!_text[_at..].StartsWith("1 "u8))
        {
            return false;
        }

        _at += 2;
        var time = Token();
        if (!_text.Slice(time.Offset, time.Length).SequenceEqual("-"u8))
        {
            if (!TimeText.TryRead(_text.Slice(time.Offset, time.Length), _clock, out var moment, out var length) || length != time.Length)
            {
                return false;
            }

            _view.Time = moment;
        }

        if (!TryAddToken("host"u8) || !TryAddToken("app"u8) || !TryAddToken("pid"u8) || !TryAddToken("msgid"u8))
        {
            return false;
        }

        if (!StructuredData.TryRead(_view, ref _at))
        {
            return false;
        }

        _at += Peek(_at) == ' ' ? 1 : 0;
        _at += _text[_at..].StartsWith(ByteOrderMark) ? ByteOrderMark.Length : 0;
        return true;
    }

    /// <summary>The word that begins here; the place moves behind the space at its end.</summary>
    private ByteRange Token()
    {
        var length = _text[_at..].IndexOf((byte)' ');
        length = length < 0 ? _text.Length - _at : length;
        var token = new ByteRange(_at, length);
        _at = Math.Min(_at + length + 1, _text.Length);
        return token;
    }

    private bool TryAddToken(ReadOnlySpan<byte> name)
    {
        var token = Token();
        if (token.Length is 0 or > MaxHostBytes)
        {
            return false;
        }

        if (token.Length != 1 || _text[token.Offset] != '-')
        {
            _view.AddField(_view.Keep(name), token);
        }

        return true;
    }

    /// <summary>RFC 3164, 4.3: behind the priority anything may be missing, and then the rest is the message.</summary>
    private void ReadTraditional()
    {
        var hasTime = TryReadTime();
        if (hasTime)
        {
            // Cisco has a colon behind the time, and programs that write to the socket of their own host leave it out.
            _at += Peek(_at) == ':' ? 1 : 0;
            _at += Peek(_at) == ' ' ? 1 : 0;
        }

        if (TryReadTag(isPidNeeded: !hasTime) || !hasTime)
        {
            return;
        }

        if (TryReadHost(out var host))
        {
            _view.AddField(_view.Keep("host"u8), host);
            _ = TryReadTag(isPidNeeded: false);
        }
    }

    private bool TryReadTime()
    {
        if (!TimeText.TryRead(_text[_at..], _clock, out var time, out var length))
        {
            return false;
        }

        _view.Time = time;
        _at += length;
        return true;
    }

    /// <summary>
    /// All lines of text come here: a look at what must have a space or a colon behind it is enough for most. The time is one
    /// word in ISO 8601 and begins with one of three letters else; of the words behind it, one of the first three is the tag.
    /// </summary>
    private readonly bool IsFileLikely()
    {
        if (char.IsAsciiLetter((char)_text[0]))
        {
            return _text.Length > 3 && _text[3] == ' ';
        }

        var at = _text.IndexOf((byte)' ') + 1;
        for (var words = 0; words < 3 && at > 0; words++)
        {
            var length = _text[at..].IndexOf((byte)' ');
            var end = length < 0 ? _text.Length : at + length;
            if (_text[end - 1] == ':')
            {
                return true;
            }

            at = length < 0 ? 0 : end + 1;
        }

        return false;
    }

    private bool TryReadFile()
    {
        var isIso = char.IsAsciiDigit((char)_text[0]);
        if (!TryReadTime() || Peek(_at) != ' ')
        {
            return false;
        }

        // rsyslog and journalctl have the distance to UTC. A bare Z is what programs write that have no host to name.
        var isPidNeeded = isIso && _text[_at - 1] is (byte)'Z' or (byte)'z';
        _at++;
        if (!TryReadSelector())
        {
            if (!TryReadHost(out var host))
            {
                return false;
            }

            _view.AddField(_view.Keep("host"u8), host);
            _ = TryReadSelector();
        }

        return TryReadTag(isPidNeeded);
    }

    /// <summary>A host's name or address; the place moves behind the space at its end. A tag or a level is none.</summary>
    private bool TryReadHost(out ByteRange host)
    {
        var length = _text.Slice(_at, Math.Min(MaxHostBytes + 1, _text.Length - _at)).IndexOf((byte)' ');
        host = new ByteRange(_at, Math.Max(length, 0));
        var name = _text.Slice(host.Offset, host.Length);
        if (name.IsEmpty || name[^1] == ':' || name.ContainsAnyExcept(NameCharacters) || IsLevel(name))
        {
            return false;
        }

        _at += length + 1;
        return true;
    }

    /// <summary>Busybox writes facility and severity with their names behind the host, OpenWrt instead of it: <c>daemon.err</c>.</summary>
    private bool TryReadSelector()
    {
        var length = _text.Slice(_at, Math.Min(MaxAppBytes, _text.Length - _at)).IndexOf((byte)' ');
        var dot = length < 0 ? -1 : _text.Slice(_at, length).IndexOf((byte)'.');
        if (dot <= 0 || !IsFacility(_text.Slice(_at, dot))
            || !LogLevels.TryParse(_text.Slice(_at + dot + 1, length - dot - 1), out var level))
        {
            return false;
        }

        _view.Level = level;
        _view.AddField(_view.Keep("facility"u8), new ByteRange(_at, dot));
        _at += length + 1;
        return true;
    }

    private static bool IsFacility(ReadOnlySpan<byte> name)
    {
        for (var number = 0; number <= MaxPriority >> 3; number++)
        {
            if (Facility(number).SequenceEqual(name))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary><c>app:</c> or <c>app[pid]:</c>, and the space behind it.</summary>
    private bool TryReadTag(bool isPidNeeded)
    {
        var ahead = _text.Slice(_at, Math.Min(MaxAppBytes + 1, _text.Length - _at));
        var length = ahead.IndexOfAny(TagStops);
        if (length <= 0 || ahead[length] == ' ' || ahead[..length].ContainsAnyExcept(NameCharacters) || IsLevel(ahead[..length]))
        {
            return false;
        }

        var app = new ByteRange(_at, length);
        var pid = default(ByteRange);
        var end = _at + length;
        if (_text[end] == '[')
        {
            var pidLength = _text.Slice(end + 1, Math.Min(MaxPidBytes, _text.Length - end - 1)).IndexOfAny((byte)']', (byte)' ');
            pid = new ByteRange(end + 1, Math.Max(pidLength, 0));
            end += pid.Length + 1;
            if (pid.Length == 0 || _text[end++] != ']')
            {
                return false;
            }
        }

        if (Peek(end) != ':' || (end + 1 < _text.Length && _text[end + 1] != ' ') || (isPidNeeded && pid.Length == 0))
        {
            return false;
        }

        _view.AddField(_view.Keep("app"u8), app);
        if (pid.Length > 0)
        {
            _view.AddField(_view.Keep("pid"u8), pid);
        }

        _at = Math.Min(end + 2, _text.Length);
        return true;
    }

    private static bool IsLevel(ReadOnlySpan<byte> word) => word.Length >= 3 && LogLevels.TryParse(word, out _);

    private readonly int Peek(int at) => at < _text.Length ? _text[at] : 0;
}
