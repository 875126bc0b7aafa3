using System.Buffers;

namespace LogWatcher.Logs.Formats;

/// <summary>
/// Access logs in the common and the combined format (Apache, mod_log_config; nginx, ngx_http_log_module), with a virtual host
/// before them or not: <c>client ident user [time] "request" status bytes "referer" "user agent"</c>. The level is that of the
/// status, the message is the request. Fields: <c>vhost client ident user method path protocol status bytes referer user_agent</c>;
/// what stands behind is <c>forwarded_for</c> where it is the next in quotes, as nginx has it by default, pairs of key and value
/// by their keys, and <c>extra</c> from the first word on that is neither. A <c>-</c> is nothing.
/// </summary>
internal ref struct AccessFormat
{
    /// <summary>Host, client, ident and user stand before the time, and none is longer than a name may be.</summary>
    private const int MaxBytesBeforeTime = 1024;

    /// <summary>In the bracket: <c>20/Nov/2026:10:00:00 +0000</c>, without a zone at least.</summary>
    private const int MinTimeBytes = 20;

    private static readonly SearchValues<byte> QuoteStops = SearchValues.Create("\"\\"u8);

    private readonly EntryView _view;
    private readonly ReadOnlySpan<byte> _text;
    private int _at;

    private AccessFormat(EntryView view)
    {
        _view = view;
        _text = view.Line;
    }

    /// <summary>Reads the line of a view; false, and the view as it was, if it is none of these.</summary>
    public static bool TryParse(EntryView view, TimeProvider clock)
    {
        var text = view.Line;
        var bracket = text[..Math.Min(text.Length, MaxBytesBeforeTime)].IndexOf(" ["u8);
        if (bracket <= 0 || !IsTimeLikely(text[(bracket + 2)..])
            || !TimeText.TryRead(text[(bracket + 2)..], clock, out var time, out var timeLength))
        {
            return false;
        }

        var access = new AccessFormat(view) { _at = bracket + 2 + timeLength };
        if (!access.TryReadNames(bracket) || !access.TryReadRequest())
        {
            view.Reset();
            return false;
        }

        access.ReadRest();
        view.Time = time;
        return true;
    }

    /// <summary>Nearly every line comes here: a look at the slashes is enough for nearly all.</summary>
    private static bool IsTimeLikely(ReadOnlySpan<byte> text) =>
        text.Length > MinTimeBytes && char.IsAsciiDigit((char)text[0]) && text[2] == '/' && text[6] == '/';

    private bool TryReadNames(int end)
    {
        Span<ByteRange> words = stackalloc ByteRange[4];
        var count = 0;
        for (var at = 0; at < end && count < words.Length;)
        {
            // The last takes the rest: names of users may have spaces.
            var length = count == words.Length - 1 ? -1 : _text[at..end].IndexOf((byte)' ');
            words[count++] = new ByteRange(at, length < 0 ? end - at : length);
            at = words[count - 1].Offset + words[count - 1].Length + 1;
        }

        if (count < 3)
        {
            return false;
        }

        // Of four words the first is a virtual host, or the last two are one name.
        var first = count == 4 && !IsNothing(words[1]) ? 1 : 0;
        AddWord("vhost"u8, first == 1 ? words[0] : default);
        AddWord("client"u8, words[first]);
        AddWord("ident"u8, words[first + 1]);
        AddWord("user"u8, new ByteRange(words[first + 2].Offset, end - words[first + 2].Offset));
        return true;
    }

    /// <summary>From the end of the time to the status and the size; a line that is cut off may end in the request.</summary>
    private bool TryReadRequest()
    {
        if (!_text[_at..].StartsWith("] \""u8))
        {
            return false;
        }

        _at += 2;
        if (!TryReadQuoted(out var request))
        {
            return false;
        }

        _view.SetMessage(request);
        AddRequest(request);
        var status = Word();
        if (status.Length != 3 && !IsNothing(status))
        {
            return _view.IsTruncated && _at == _text.Length;
        }

        var digits = _text.Slice(status.Offset, status.Length);
        if (digits.ContainsAnyExceptInRange((byte)'0', (byte)'9') && !IsNothing(status))
        {
            return false;
        }

        _view.Level = digits[0] switch { (byte)'5' => LogLevel.Error, (byte)'4' => LogLevel.Warn, _ => LogLevel.Info };
        AddWord("status"u8, status);
        var size = Word();
        if (!IsNothing(size) && _text.Slice(size.Offset, size.Length).ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        AddWord("bytes"u8, size);
        return size.Length > 0 || _view.IsTruncated;
    }

    /// <summary>RFC 9112, 3: method, target, version; a request that is not made so is only the message.</summary>
    private readonly void AddRequest(ByteRange request)
    {
        var text = _view.Get(request);
        var first = text.IndexOf((byte)' ');
        var last = text.LastIndexOf((byte)' ');
        var hasProtocol = last > first && text[(last + 1)..].StartsWith("HTTP/"u8);
        if (first <= 0 || text[..first].ContainsAnyExceptInRange((byte)'A', (byte)'Z') || (!hasProtocol && last > first))
        {
            return;
        }

        var pathEnd = hasProtocol ? last : text.Length;
        _view.AddField(_view.Keep("method"u8), request.Part(0, first));
        _view.AddField(_view.Keep("path"u8), request.Part(first + 1, pathEnd - first - 1));
        if (hasProtocol)
        {
            _view.AddField(_view.Keep("protocol"u8), request.Part(last + 1, request.Length - last - 1));
        }
    }

    private void ReadRest()
    {
        ReadOnlySpan<byte> names = "referer"u8;
        for (var quoted = 0; quoted < 3; quoted++)
        {
            SkipSpace();
            var start = _at;
            if (_at == _text.Length || _text[_at] != '"')
            {
                break;
            }

            if (!TryReadQuoted(out var value))
            {
                _at = start;
                break;
            }

            AddWord(names, value);
            names = quoted == 0 ? "user_agent"u8 : "forwarded_for"u8;
        }

        ReadPairs();
        SkipSpace();
        AddWord("extra"u8, new ByteRange(_at, _text.Length - _at));
    }

    /// <summary><c>rt=0.123 uct="0.001"</c>, as people add to the format.</summary>
    private void ReadPairs()
    {
        while (true)
        {
            SkipSpace();
            var start = _at;
            var length = _text[_at..].IndexOfAny((byte)'=', (byte)' ', (byte)'"');
            if (length <= 0 || _text[_at + length] != '=' || !char.IsAsciiLetter((char)_text[_at]))
            {
                return;
            }

            var name = new ByteRange(_at, length);
            _at += length + 1;
            var isQuoted = _at < _text.Length && _text[_at] == '"';
            var value = default(ByteRange);
            if (isQuoted && !TryReadQuoted(out value))
            {
                _at = start;
                return;
            }

            _view.AddField(name, isQuoted ? value : Word());
        }
    }

    /// <summary>A text in quotes, from its quote on; a quote and a backslash in it have a backslash before them.</summary>
    private bool TryReadQuoted(out ByteRange value)
    {
        var start = ++_at;
        var hasEscapes = false;
        while (true)
        {
            var stop = _text[_at..].IndexOfAny(QuoteStops);
            if (stop < 0)
            {
                _at = _text.Length;
                value = new ByteRange(start, _at - start);
                return _view.IsTruncated;
            }

            _at += stop;
            if (_text[_at] == '"')
            {
                break;
            }

            hasEscapes = true;
            _at = Math.Min(_at + 2, _text.Length);
        }

        value = new ByteRange(start, _at - start);
        value = hasEscapes ? Unescape(value) : value;
        _at++;
        return true;
    }

    /// <summary>Bytes that are written as numbers (<c>\x16</c>) stay so: they are what no text should hold.</summary>
    private readonly ByteRange Unescape(ByteRange escaped)
    {
        var into = _view.Reserve(escaped.Length);
        var from = _view.Get(escaped);
        var written = 0;
        for (var at = 0; at < from.Length; at++)
        {
            at += from[at] == '\\' && at + 1 < from.Length && from[at + 1] is (byte)'"' or (byte)'\\' ? 1 : 0;
            into[written++] = from[at];
        }

        return _view.Commit(written);
    }

    private ByteRange Word()
    {
        SkipSpace();
        var length = _text[_at..].IndexOf((byte)' ');
        var word = new ByteRange(_at, length < 0 ? _text.Length - _at : length);
        _at += word.Length;
        return word;
    }

    private void SkipSpace()
    {
        while (_at < _text.Length && _text[_at] == ' ')
        {
            _at++;
        }
    }

    private readonly bool IsNothing(ByteRange value) => _view.Get(value).SequenceEqual("-"u8);

    private readonly void AddWord(ReadOnlySpan<byte> name, ByteRange value)
    {
        if (value.Length > 0 && !IsNothing(value))
        {
            _view.AddField(_view.Keep(name), value);
        }
    }
}
