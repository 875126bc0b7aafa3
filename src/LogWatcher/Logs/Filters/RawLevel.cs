using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using LogWatcher.Logs.Formats;

namespace LogWatcher.Logs.Filters;

/// <summary>
/// The bytes that may make a line one of certain levels. A line that begins with a brace is JSON or has no level: it needs
/// a key of the level's with such a value, or an escape that may hide one, or the line of a container in it. Other lines are
/// looked at less closely, for what heads of text, logfmt, syslog and access logs have, and for JSON in them: it is enough
/// that one of the level's names stands there as a word.
/// </summary>
internal sealed class RawLevel : RawTest, IAnchor
{
    /// <summary>Hits that are asked for at once: those behind a candidate were found for nothing.</summary>
    private const int HitsAtOnce = 2 * MarkScanner.MinPlaces;

    /// <summary>Bytes that are searched for hits at once, for the same reason.</summary>
    private const int BytesAtOnce = 1024;

    /// <summary>No name of a level or of its key is longer.</summary>
    private const int MaxWordBytes = KnownNames.MaxNameBytes;

    /// <summary>From Redis's process to the sign behind the time: a colon, a letter and a space before that, a space and the sign behind it.</summary>
    private const int MaxRedisHeadBytes = 3 + RedisFormat.MaxTimeBytes + 2;

    /// <summary>What a line of a container's log stands behind (logs.md, "Formats").</summary>
    private const string ContainerKey = "log";

    private static readonly LogLevel[] CommonestFirst =
        [LogLevel.Info, LogLevel.Debug, LogLevel.Warn, LogLevel.Trace, LogLevel.Error, LogLevel.Fatal];

    private static readonly MarkScanner JsonMarks = new(MarksOfJson(), OtherLines());

    /// <summary>CLEF's events without a level are of INFO; their time tells them.</summary>
    private static readonly MarkScanner JsonMarksOfInfo = new([.. MarksOfJson(), ByteMark.Of("\"@t")], OtherLines());

    /// <summary>For lines of other formats, by the levels that are wanted.</summary>
    private static readonly MarkScanner?[] TextScanners = new MarkScanner?[1 << ((int)LogLevel.Fatal + 1)];

    /// <summary>What ends a word in the head of text, or a string of JSON around it.</summary>
    private static readonly SearchValues<byte> NpmWordStops = SearchValues.Create("|[],\\\""u8);

    private readonly int _levels;

    // A bit for each letter that one of the levels' names begins with; those of slog are another matter.
    private readonly uint _firstLetters;

    private readonly UsualLevels _unwantedInJson;
    private readonly UsualLevels _unwantedInText;

    /// <param name="levels">A bit for each, from that of <see cref="LogLevel.Trace"/> on.</param>
    public RawLevel(int levels)
    {
        _levels = levels & (TextScanners.Length - 1);
        var unwanted = Array.FindAll(CommonestFirst, level => !Has(level));
        _unwantedInJson = new UsualLevels("\"", "\":", "\"", "\"", unwanted);
        _unwantedInText = new UsualLevels("", "=", "", " ", unwanted);
        foreach (var name in NamesOf(_levels))
        {
            _firstLetters |= 1u << (name[0] & 0x1f);
        }
    }

    /// <summary>A bit for each level that is wanted, from that of <see cref="LogLevel.Trace"/> on.</summary>
    public int Levels => _levels;

    /// <summary>
    /// Lines of the usual levels are many: nearly any word is rarer. The others are taken for as rare as a word of five bytes.
    /// </summary>
    public int Rarity => Has(LogLevel.Info) || Has(LogLevel.Debug) ? 0 : 5;

    /// <summary>Made for the first line that is no JSON: many files have none. That two threads may make one each is no harm.</summary>
    private MarkScanner TextScanner => TextScanners[_levels] ??= new MarkScanner(TextMarks(_levels), []);

    public override bool MayMatch(ReadOnlySpan<byte> line) => IndexIn(line, 0, line.Length) >= 0;

    public override bool TryAnchor(ISet<IAnchor> anchors) => anchors.Add(this) || true;

    public int IndexIn(ReadOnlySpan<byte> buffer, int start, int end)
    {
        var hits = new MarkHits(stackalloc int[HitsAtOnce], BytesAtOnce);
        return IndexIn(buffer, start, end, ref hits);
    }

    /// <summary>
    /// The first place in a stretch of a buffer that may make its line one of the levels, or -1. The buffer holds whole lines,
    /// none of them longer than a line may be.
    /// </summary>
    /// <param name="hits">For a search that goes on in the same buffer, those of the search before.</param>
    public int IndexIn(ReadOnlySpan<byte> buffer, int start, int end, ref MarkHits hits)
    {
        var lineStart = LineStart.Before(buffer, start);
        var isJson = lineStart < buffer.Length && buffer[lineStart] == '{';
        var jsonMarks = Has(LogLevel.Info) ? JsonMarksOfInfo : JsonMarks;
        hits.GoOn(isJson ? jsonMarks : TextScanner, isJson ? _unwantedInJson : _unwantedInText, start);
        while (hits.Next(buffer, end) is >= 0 and var hit)
        {
            if (buffer[hit] != '\n')
            {
                if (isJson ? IsJsonEvidence(buffer, hit) : IsTextEvidence(buffer, hit, isContent: false))
                {
                    return hit;
                }

                continue;
            }

            isJson = hit + 1 < buffer.Length && buffer[hit + 1] == '{';
            hits.GoOn(isJson ? jsonMarks : TextScanner, isJson ? _unwantedInJson : _unwantedInText, hit + 1);
        }

        return -1;
    }

    private static List<ByteMark> MarksOfJson() =>
    [
        .. LevelKeys.Marks.Select(ByteMark.Of),
        ByteMark.Of($"\"{LevelKeys.Letter}\""),
        ByteMark.Of("\\u0"),
        ByteMark.Of($"\"{ContainerKey[..2]}"),
    ];

    /// <summary>Where a line begins that is no JSON.</summary>
    private static List<ByteMark> OtherLines() =>
    [
        new ByteMark(ByteMark.Set.Of("\n"), ByteMark.Set.AllBut('{')[0], ByteMark.Set.Any),
        new ByteMark(ByteMark.Set.Of("\n"), ByteMark.Set.AllBut('{')[1], ByteMark.Set.Any),
    ];

    private static List<ByteMark> TextMarks(int levels)
    {
        List<ByteMark> marks = [.. LevelKeys.Marks.Select(ByteMark.Of), ByteMark.Of("\n{"), ByteMark.Of("\\u0"), ByteMark.Of("npm")];
        foreach (var name in NamesOf(levels))
        {
            if (name.Length == 1)
            {
                AddMarksOfLetter(marks, name[0]);
            }
            else
            {
                marks.Add(ByteMark.Of(name));
            }
        }

        // By their last letters.
        foreach (var name in LogLevels.NamesOfSlog)
        {
            marks.Add(new ByteMark(ByteMark.Set.Of(name[^1..]), ByteMark.Set.Of("+-"), ByteMark.Set.Digits));
        }

        // A quote before a key may be escaped, and one behind an access log's request has any number of spaces behind it, or none.
        var letter = ByteMark.Set.Of(LevelKeys.Letter);
        marks.Add(new ByteMark(letter, ByteMark.Set.Of("="), ByteMark.Set.Any));
        marks.Add(new ByteMark(ByteMark.Set.Of("\""), letter, ByteMark.Set.Of("\"\\")));
        marks.Add(new ByteMark(ByteMark.Set.Of("\""), ByteMark.Set.Of(" -0123456789"), ByteMark.Set.Any));
        marks.Add(new ByteMark(ByteMark.Set.Of("<"), ByteMark.Set.Digits, ByteMark.Set.Any));
        AddMarksOfPrograms(marks, levels);
        return marks;
    }

    /// <summary>
    /// Of a name of one letter: a capital before two digits (glog) or a delimiter, and either before a slash, or behind a dot and before
    /// a delimiter. A small letter elsewhere ends every few words, and is no level.
    /// </summary>
    private static void AddMarksOfLetter(List<ByteMark> marks, char letter)
    {
        var (capital, either) = (ByteMark.Set.OfCapital(letter), ByteMark.Set.Of(letter.ToString()));
        marks.Add(new ByteMark(capital, ByteMark.Set.Digits, ByteMark.Set.Digits));
        marks.Add(new ByteMark(either, ByteMark.Set.Of("/\\"), ByteMark.Set.Any));
        foreach (var delimiter in ByteMark.Set.Delimiters)
        {
            marks.Add(new ByteMark(capital, delimiter, ByteMark.Set.Any));
            marks.Add(new ByteMark(ByteMark.Set.Of("."), either, delimiter));
        }
    }

    /// <summary>What single programs have in a level's place.</summary>
    private static void AddMarksOfPrograms(List<ByteMark> marks, int levels)
    {
        if (Has(levels, LogLevel.Info))
        {
            marks.Add(new ByteMark(ByteMark.Set.Of("@"), ByteMark.Set.Of("t"), ByteMark.Set.Of("\"\\")));
            marks.Add(new ByteMark(ByteMark.Set.OfCapital('o'), ByteMark.Set.OfCapital('g'), ByteMark.Set.Of(":")));
            marks.Add(ByteMark.Of("[sy"));
        }

        if (Has(levels, LogLevel.Debug))
        {
            marks.Add(new ByteMark(ByteMark.Set.Of("d"), ByteMark.Set.Digits, ByteMark.Set.Any));
        }

        if (Has(levels, LogLevel.Debug) || Has(levels, LogLevel.Info) || Has(levels, LogLevel.Warn))
        {
            marks.Add(new ByteMark(ByteMark.Set.Of(":"), ByteMark.Set.Of("mscx"), ByteMark.Set.Of(" ")));
        }

        if (Has(levels, LogLevel.Fatal))
        {
            marks.Add(new ByteMark(ByteMark.Set.OfCapital('a'), ByteMark.Set.Of("/\\"), ByteMark.Set.Any));
        }
    }

    private static IEnumerable<string> NamesOf(int levels)
    {
        for (var level = LogLevel.Trace; level <= LogLevel.Fatal; level++)
        {
            if ((levels >> (int)level & 1) != 0)
            {
                foreach (var name in LogLevels.NamesOf(level))
                {
                    yield return name;
                }
            }
        }
    }

    private bool Has(LogLevel level) => Has(_levels, level);

    private static bool Has(int levels, LogLevel level) => (levels >> (int)level & 1) != 0;

    private bool IsJsonEvidence(ReadOnlySpan<byte> buffer, int hit) => buffer[hit] switch
    {
        (byte)'\\' => IsHiding(buffer, hit, isAny: false),
        (byte)'"' => IsContainerLine(buffer, hit) || IsTextKey(buffer, hit + 1) || IsClefTime(buffer, hit + 1),
        _ => EndOfKey(buffer, hit) is var behind && behind < buffer.Length && buffer[behind] == '"'
            && TryReadKey(buffer, hit, behind, out var key) && key.Offset > 0 && buffer[key.Offset - 1] == '"'
            && IsBehindColon(buffer, behind + 1, out var value) && MayBeWanted(buffer, key, value),
    };

    /// <param name="buffer">Whole lines.</param>
    /// <param name="hit">Where a mark stands.</param>
    /// <param name="isContent">It stands in a string of JSON, where escapes may hide anything.</param>
    private bool IsTextEvidence(ReadOnlySpan<byte> buffer, int hit, bool isContent) => buffer[hit] switch
    {
        (byte)'\\' => IsHiding(buffer, hit, isContent || IsMovedIn(buffer, hit)),
        (byte)'"' => IsAccessStatus(buffer, hit) || IsTextKey(buffer, hit + 1),
        (byte)'<' => IsPriority(buffer, hit),
        (byte)'@' => IsClefTime(buffer, hit) || IsTextKey(buffer, hit),
        (byte)'[' => Has(LogLevel.Info) && buffer[hit..].StartsWith("[System]"u8),
        (byte)':' => IsRedisHead(buffer, hit),
        (byte)'.' => hit + 1 < buffer.Length && IsName(buffer, hit + 1),
        _ => IsLetterEvidence(buffer, hit),
    };

    /// <summary>Most hits are the last letter of a word or a piece of one that only looks like a level's: the next byte tells.</summary>
    private bool IsLetterEvidence(ReadOnlySpan<byte> buffer, int hit)
    {
        var behind = hit + 1 < buffer.Length ? buffer[hit + 1] : (byte)0;
        return IsName(buffer, hit)
            || (behind is >= (byte)'0' and <= (byte)'9' && IsGlogHead(buffer, hit))
            || (behind is (byte)'+' or (byte)'-' && IsSlogLevel(buffer, hit))
            || ((LevelKeys.FirstLetters >> (buffer[hit] & 0x1f) & 1) != 0 && LevelKeys.IsMarked(buffer[hit..]) && IsTextKey(buffer, hit))
            || IsOfProgram(buffer, hit);
    }

    /// <summary>JSON that is moved in may be the line of a container.</summary>
    private static bool IsMovedIn(ReadOnlySpan<byte> buffer, int hit) =>
        buffer[LineStart.Before(buffer, hit)] is (byte)' ' or (byte)'\t';

    /// <summary><c>\u00XX</c>, where the character is one that keys and levels are made of, or any of ASCII.</summary>
    private static bool IsHiding(ReadOnlySpan<byte> buffer, int hit, bool isAny)
    {
        if (buffer.Length - hit < 6)
        {
            return false;
        }

        var (high, low) = (buffer[hit + 4], buffer[hit + 5]);
        if (buffer[hit + 3] != '0' || !char.IsAsciiHexDigit((char)high) || !char.IsAsciiHexDigit((char)low))
        {
            return false;
        }

        var hidden = (byte)(Convert(high) << 4 | Convert(low));
        return LevelKeys.IsKeyByte(hidden) || char.IsAsciiDigit((char)hidden) || hidden is (byte)'+' or (byte)'-'
            || (isAny && hidden < 0x80);

        static int Convert(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
    }

    /// <summary>The key <c>@t</c> of an event that may have no level, and then is of INFO.</summary>
    private bool IsClefTime(ReadOnlySpan<byte> buffer, int key) =>
        Has(LogLevel.Info) && key > 0 && buffer[key - 1] == '"' && buffer[key..].StartsWith("@t"u8)
        && key + 2 < buffer.Length && buffer[key + 2] is (byte)'"' or (byte)'\\';

    /// <summary>Redis: <c>1:M 20 Nov 2026 10:00:00.123 * Ready</c>, where the sign behind the time tells.</summary>
    private bool IsRedisHead(ReadOnlySpan<byte> buffer, int hit)
    {
        if (hit == 0 || !char.IsAsciiDigit((char)buffer[hit - 1]) || buffer.Length - hit < 3
            || buffer[hit + 1] is not ((byte)'M' or (byte)'S' or (byte)'C' or (byte)'X') || buffer[hit + 2] != ' ')
        {
            return false;
        }

        var head = buffer[hit..Math.Min(buffer.Length, hit + MaxRedisHeadBytes)];
        return (Has(LogLevel.Info) && head.IndexOf(" *"u8) >= 0) || (Has(LogLevel.Warn) && head.IndexOf(" #"u8) >= 0)
            || (Has(LogLevel.Debug) && (head.IndexOf(" ."u8) >= 0 || head.IndexOf(" -"u8) >= 0));
    }

    /// <summary>npm's levels behind its name, PostgreSQL's <c>LOG:</c>, the assertions of logcat.</summary>
    private bool IsOfProgram(ReadOnlySpan<byte> buffer, int hit)
    {
        var text = buffer[hit..];
        return text[0] switch
        {
            (byte)'O' => Has(LogLevel.Info) && text.StartsWith("OG:"u8) && hit > 0 && buffer[hit - 1] == 'L',
            (byte)'A' => Has(LogLevel.Fatal) && text.Length > 1 && text[1] is (byte)'/' or (byte)'\\',
            (byte)'n' => IsNpmLevel(text),
            _ => false,
        };
    }

    private bool IsNpmLevel(ReadOnlySpan<byte> text)
    {
        if (!text.StartsWith("npm "u8))
        {
            return false;
        }

        var word = text[4..];
        var length = word.IndexOfAnyExceptInRange((byte)'!', (byte)'z');
        length = length < 0 ? word.Length : length;
        var stop = word[..length].IndexOfAny(NpmWordStops);
        word = word[..(stop < 0 ? length : stop)];
        var level = LevelWord.OfNpm(word);
        return level != LogLevel.None && Has(level);
    }

    /// <summary>The line of a container is read again, so that whatever makes a level of text makes one there.</summary>
    private bool IsContainerLine(ReadOnlySpan<byte> buffer, int hit)
    {
        var behind = hit + 1 + ContainerKey.Length;
        if (behind >= buffer.Length || buffer[behind] != '"' || (buffer[behind - 1] | 0x20) != ContainerKey[^1]
            || !IsBehindColon(buffer, behind + 1, out var value) || value >= buffer.Length || buffer[value] != '"')
        {
            return false;
        }

        var line = buffer[..EndOfString(buffer, value + 1)];
        Span<int> hits = stackalloc int[HitsAtOnce];
        for (var start = value; start < line.Length;)
        {
            var count = TextScanner.Find(line, ref start, line.Length, hits);
            foreach (var inner in hits[..count])
            {
                if (IsTextEvidence(line, inner, isContent: true))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Behind the quote that ends a string, or the line's end.</summary>
    private static int EndOfString(ReadOnlySpan<byte> buffer, int at)
    {
        while (at < buffer.Length)
        {
            var stop = buffer[at..].IndexOfAny((byte)'"', (byte)'\\', (byte)'\n');
            if (stop < 0)
            {
                break;
            }

            at += stop;
            if (buffer[at] != '\\')
            {
                return at + 1;
            }

            at += 2;
        }

        return buffer.Length;
    }

    /// <summary>
    /// A name that stands alone: before it there is no letter but that of an escape or of a clock's AM and PM. A single
    /// letter is a level in capitals only, or behind a facility, or before a slash and the name of a process.
    /// </summary>
    private bool IsName(ReadOnlySpan<byte> buffer, int hit)
    {
        if ((_firstLetters >> (buffer[hit] & 0x1f) & 1) == 0 || !MayBeginName(buffer, hit))
        {
            return false;
        }

        var length = LengthOfWord(buffer[hit..]);
        return LogLevels.TryParse(buffer.Slice(hit, length), out var level) && Has(level)
            && (length > 1 || char.IsAsciiLetterUpper((char)buffer[hit]) || (hit > 0 && buffer[hit - 1] == '.')
                || (hit + 1 < buffer.Length && buffer[hit + 1] is (byte)'/' or (byte)'\\'));
    }

    /// <summary>By what stands before it, which rules out most places: they are in the middle of a word.</summary>
    private static bool MayBeginName(ReadOnlySpan<byte> buffer, int hit) =>
        hit == 0 || !char.IsAsciiLetter((char)buffer[hit - 1])
        || (hit > 1 && (buffer[hit - 2] == '\\' || ((buffer[hit - 1] | 0x20) == 'm' && (buffer[hit - 2] | 0x20) is 'a' or 'p')));

    /// <summary><c>E1120 </c>: glog's letter, month and day; the year may be before them, with its century or, in CockroachDB's, without.</summary>
    private bool IsGlogHead(ReadOnlySpan<byte> buffer, int hit)
    {
        var text = buffer[hit..];
        if (text.Length < 2 || !char.IsAsciiDigit((char)text[1]))
        {
            return false;
        }

        var digits = text[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        return digits is 4 or 6 or 8 && text[digits + 1] == ' ' && LogLevels.TryParse(text[..1], out var level) && Has(level);
    }

    /// <summary><c>&lt;11&gt;</c>: facility and severity of syslog, the severity in the last three bits (RFC 5424, 6.2.1).</summary>
    private bool IsPriority(ReadOnlySpan<byte> buffer, int hit)
    {
        var priority = 0;
        var at = hit + 1;
        for (; at < buffer.Length && at <= hit + 3 && char.IsAsciiDigit((char)buffer[at]); at++)
        {
            priority = (priority * 10) + buffer[at] - '0';
        }

        return at > hit + 1 && at < buffer.Length && buffer[at] == '>'
            && FieldRoles.TryParseLevel("level"u8, [(byte)('0' + (priority & 7))], out var level) && Has(level);
    }

    /// <summary><c>INFO+4</c>, at the last letter of the name.</summary>
    private bool IsSlogLevel(ReadOnlySpan<byte> buffer, int hit)
    {
        var sign = hit + 1;
        foreach (var name in LogLevels.NamesOfSlog)
        {
            // What stands before the name may be anything, as in AMINFO+4.
            var start = sign - name.Length;
            if (start < 0 || (buffer[hit] | 0x20) != name[^1] || (buffer[start] | 0x20) != name[0])
            {
                continue;
            }

            var digits = buffer[(sign + 1)..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            var end = digits < 0 ? buffer.Length : sign + 1 + digits;
            if (LogLevels.TryParse(buffer[start..end], out var level) && Has(level))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The status of an access log stands behind the request in quotes; 4xx is WARN, 5xx is ERROR, the rest and none INFO.</summary>
    private bool IsAccessStatus(ReadOnlySpan<byte> buffer, int hit)
    {
        var space = buffer[(hit + 1)..].IndexOfAnyExcept((byte)' ');
        return space >= 0 && buffer[hit + 1 + space] switch
        {
            (byte)'5' => Has(LogLevel.Error),
            (byte)'4' => Has(LogLevel.Warn),
            var other => (other == '-' || char.IsAsciiDigit((char)other)) && Has(LogLevel.Info),
        };
    }

    /// <summary>A key of logfmt, or of JSON within the line, where each quote may have backslashes before it.</summary>
    private bool IsTextKey(ReadOnlySpan<byte> buffer, int hit)
    {
        // Most words have no sign of a key behind them.
        var behind = EndOfKey(buffer, hit);
        var sign = SkipQuote(buffer, behind);
        var isLogfmt = sign < buffer.Length && buffer[sign] == '=';
        var value = sign + 1;
        return (isLogfmt || IsBehindColon(buffer, sign, out value))
            && TryReadKey(buffer, hit, behind, out var key) && MayBeWanted(buffer, key, value);
    }

    /// <summary>Where the word ends that a place is in: a little further than any key is long, and no further, as all of a line may be letters.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int EndOfKey(ReadOnlySpan<byte> buffer, int place)
    {
        var end = place;
        while (end < buffer.Length && end - place <= MaxWordBytes && LevelKeys.IsKeyByte(buffer[end]))
        {
            end++;
        }

        return end;
    }

    /// <summary>The key that stands around a place, if it is one of the level's.</summary>
    private static bool TryReadKey(ReadOnlySpan<byte> buffer, int place, int behind, out ByteRange key)
    {
        var start = place;
        while (start > 0 && place - start <= MaxWordBytes && LevelKeys.IsKeyByte(buffer[start - 1]))
        {
            start--;
        }

        key = new ByteRange(start, behind - start);
        if (LevelKeys.Contains(buffer[start..behind]))
        {
            return true;
        }

        // The first letter may be that of an escape: in a container's line, \t is before the key.
        key = new ByteRange(start + 1, behind - start - 1);
        return start > 0 && buffer[start - 1] == '\\' && start < behind && LevelKeys.Contains(buffer[(start + 1)..behind]);
    }

    private static bool IsBehindColon(ReadOnlySpan<byte> buffer, int at, out int value)
    {
        at = SkipSpace(buffer, at);
        value = at < buffer.Length && buffer[at] == ':' ? SkipSpace(buffer, at + 1) : at;
        return value > at;
    }

    /// <summary>Whether the value that begins here is one of the levels, or may be that for its escapes.</summary>
    private bool MayBeWanted(ReadOnlySpan<byte> buffer, ByteRange key, int value)
    {
        var start = SkipQuote(buffer, value);
        while (start > value && start < buffer.Length && buffer[start] == ' ')
        {
            start++;
        }

        var end = start;
        while (end < buffer.Length && (char.IsAsciiLetterOrDigit((char)buffer[end]) || buffer[end] is (byte)'+' or (byte)'-'))
        {
            end++;
        }

        if (end < buffer.Length && buffer[end] == '\\' && SkipQuote(buffer, end) == end)
        {
            return true;
        }

        return FieldRoles.TryParseLevel(buffer.Slice(key.Offset, key.Length), buffer[start..end], out var level) && Has(level);
    }

    private static int LengthOfWord(ReadOnlySpan<byte> text)
    {
        var length = 0;
        while (length < text.Length && length <= MaxWordBytes && char.IsAsciiLetter((char)text[length]))
        {
            length++;
        }

        return length;
    }

    /// <summary>Gets over white space, also as it stands in a string.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int SkipSpace(ReadOnlySpan<byte> buffer, int at)
    {
        while (at < buffer.Length)
        {
            if (buffer[at] is (byte)' ' or (byte)'\t' or (byte)'\r')
            {
                at++;
            }
            else if (buffer[at] == '\\' && at + 1 < buffer.Length && buffer[at + 1] is (byte)'t' or (byte)'r')
            {
                at += 2;
            }
            else
            {
                break;
            }
        }

        return at;
    }

    /// <summary>Gets over a quote, if there is one here, and the backslashes before it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int SkipQuote(ReadOnlySpan<byte> buffer, int at)
    {
        var behind = at;
        while (behind < buffer.Length && buffer[behind] == '\\')
        {
            behind++;
        }

        return behind < buffer.Length && buffer[behind] == '"' ? behind + 1 : at;
    }
}
