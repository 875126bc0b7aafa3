using System.Buffers;

namespace LogWatcher.Logs.Formats;

/// <summary>
/// A word in the head of a text line that may be its level: in capitals; or, since other words look like it, in any case where
/// a colon, a tab, a bar or a dash says that it is a head's; or as a single letter where some programs have it.
/// </summary>
/// <param name="name">The word, without the colon at its end.</param>
/// <param name="behind">What stands behind the word and its colon.</param>
/// <param name="hasColon">There is a colon.</param>
/// <param name="hasTime">A time stands before it, so that the line is known for one with a head.</param>
/// <param name="isFirst">Of the words behind the time.</param>
/// <param name="numbers">How many of the words before it are numbers.</param>
internal readonly ref struct LevelWord(
    ReadOnlySpan<byte> name, ReadOnlySpan<byte> behind, bool hasColon, bool hasTime, bool isFirst, int numbers)
{
    private static readonly SearchValues<byte> LowerLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz"u8);
    private static readonly SearchValues<byte> UpperLetters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ"u8);

    private readonly ReadOnlySpan<byte> _name = name;
    private readonly ReadOnlySpan<byte> _behind = behind;

    /// <summary>The level of npm's own names; errors were shouted up to its version 9.</summary>
    public static LogLevel OfNpm(ReadOnlySpan<byte> word) => word switch
    {
        var name when name.SequenceEqual("ERR!"u8) || name.SequenceEqual("error"u8) => LogLevel.Error,
        var name when name.SequenceEqual("WARN"u8) || name.SequenceEqual("warn"u8) => LogLevel.Warn,
        var name when name.SequenceEqual("info"u8) || name.SequenceEqual("notice"u8) || name.SequenceEqual("http"u8) => LogLevel.Info,
        var name when name.SequenceEqual("verb"u8) || name.SequenceEqual("verbose"u8) => LogLevel.Debug,
        var name when name.SequenceEqual("sill"u8) || name.SequenceEqual("silly"u8) => LogLevel.Trace,
        _ => LogLevel.None,
    };

    public bool TryParse(out LogLevel level)
    {
        level = hasColon ? OfPostgres(_name) : LogLevel.None;
        if (level != LogLevel.None)
        {
            return true;
        }

        if (isFirst && hasTime && IsMongo())
        {
            return LogLevels.TryParse(_name[..1], out level);
        }

        return IsHead() && LogLevels.TryParse(_name, out level);
    }

    /// <summary>PostgreSQL's own names: <c>LOG:</c>, and five degrees of debugging.</summary>
    private static LogLevel OfPostgres(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("LOG"u8) ? LogLevel.Info
        : name.Length == 6 && name.StartsWith("DEBUG"u8) && name[5] is >= (byte)'1' and <= (byte)'5' ? LogLevel.Debug
        : LogLevel.None;

    /// <summary>The level of a word before PostgreSQL's colon, which is in capitals.</summary>
    public static bool TryParsePostgres(ReadOnlySpan<byte> name, out LogLevel level)
    {
        level = OfPostgres(name);
        return level != LogLevel.None || (name.Length >= 4 && !name.ContainsAny(LowerLetters) && LogLevels.TryParse(name, out level));
    }

    /// <summary>
    /// MongoDB before 4.4 has a letter, with a digit for debugging, and a component in eight columns before the thread:
    /// <c>I CONTROL  [conn1]</c>.
    /// </summary>
    private bool IsMongo()
    {
        const int ThreadColumn = 10;
        var isLevel = _name.Length == 1
            ? char.IsAsciiLetterUpper((char)_name[0])
            : _name is [(byte)'D', >= (byte)'1' and <= (byte)'5'];
        return isLevel && _behind.Length > ThreadColumn && _behind[ThreadColumn] == '[' && _behind[ThreadColumn - 1] == ' ';
    }

    private bool IsPlainWord() => _name.SequenceEqual("note"u8) || _name.StartsWith("fine"u8) || _name.SequenceEqual("severe"u8)
        || _name.SequenceEqual("alert"u8);

    private bool IsHead()
    {
        if (_name.Length == 1)
        {
            // logcat has two or three numbers before its letter, MongoDB two spaces behind it, others bars around it.
            return char.IsAsciiLetterUpper((char)_name[0]) && (numbers is 2 or 3 || (isFirst && hasTime
                && (_behind.StartsWith("  "u8) || _behind.StartsWith("|"u8) || _behind.StartsWith(" | "u8))));
        }

        if (_name.Length < 3)
        {
            return false;
        }

        if (!_name.ContainsAny(LowerLetters))
        {
            return _behind.IsEmpty || _behind[0] is (byte)' ' or (byte)'\t' or (byte)'|' or (byte)'[' || hasColon;
        }

        var isDelimited = (hasColon && (_behind.IsEmpty || _behind[0] is (byte)' ' or (byte)'\t'))
            || _behind.StartsWith("\t"u8) || _behind.StartsWith("|"u8) || _behind.StartsWith(" |"u8) || _behind.StartsWith(" - "u8);

        // In other cases than lower, a word before a colon is an exception's name or a sentence: "Error: no such file".
        // And "note:" is what compilers, and panics of Rust, have to add; "fine:" or "alert:" may begin any line of a message.
        var isLower = !_name.ContainsAny(UpperLetters);
        return hasTime
            ? isDelimited || (isFirst && isLower && _name is [(byte)'i' or (byte)'d' or (byte)'t' or (byte)'w', ..])
            : isLower && hasColon && isDelimited && !IsPlainWord();
    }
}
