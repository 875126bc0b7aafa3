using System.Buffers.Text;

namespace LogWatcher.Logs.Formats;

/// <summary>
/// The ways in which logs write times, read by hand from the bytes: ISO 8601 and its relatives, those with names of months,
/// Unix times as numbers. What lacks a zone is UTC; what lacks a year or a date is the latest such moment that isn't in the
/// future.
/// </summary>
internal static class TimeText
{
    private const int SecondsPerDay = 86_400;
    private const int NanosecondsPerTick = 100;

    /// <summary>The first and the last second that RFC 3339 can say: of the years 1 and 9999.</summary>
    private const long FirstSecond = -62_135_596_800;
    private const long LastSecond = 253_402_300_799;

    /// <summary>From one 29th of February to the next, over a century without, and the year that isn't over.</summary>
    private const int MaxYearsToLeapDay = 9;

    /// <summary>The shortest of all is <c>10:00:00</c>.</summary>
    private const int MinBytes = 8;

    private static ReadOnlySpan<byte> MonthNames => "janfebmaraprmayjunjulaugsepoctnovdec"u8;

    private static ReadOnlySpan<byte> DayNames => "montuewedthufrisatsun"u8;

    /// <summary>Reads a whole text as a time: in one of the layouts, or as a Unix time.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, TimeProvider clock, out LogTime time)
    {
        // Nearly all structured lines have this form; the layouts below would read the same moment.
        if (LogTime.TryParseUsual(text, out time))
        {
            return true;
        }

        text = text.Trim((byte)' ');
        if (TryRead(text, clock, out time, out var length) && length == text.Length)
        {
            return true;
        }

        return TryParseUnix(text, out time);
    }

    /// <summary>Reads the time that a text begins with.</summary>
    /// <param name="text">Of which nothing before the time.</param>
    /// <param name="clock">Tells which year or day is meant where none is written.</param>
    /// <param name="time">The moment, in UTC.</param>
    /// <param name="length">How many bytes it takes, its zone among them.</param>
    public static bool TryRead(ReadOnlySpan<byte> text, TimeProvider clock, out LogTime time, out int length)
    {
        time = default;
        length = 0;
        if (text.Length < MinBytes)
        {
            return false;
        }

        var scan = new Scan(text);
        if (!(char.IsAsciiDigit((char)text[0]) ? TryReadNumeric(ref scan) : TryReadNamed(ref scan)))
        {
            return false;
        }

        // A time ends where no digit and no letter follows: 10:00:00th is none.
        if (scan.At < text.Length && char.IsAsciiLetterOrDigit((char)text[scan.At]))
        {
            return false;
        }

        length = scan.At;
        return scan.TryResolve(clock, out time);
    }

    /// <summary>Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size.</summary>
    private static bool TryParseUnix(ReadOnlySpan<byte> text, out LogTime time)
    {
        time = default;
        var dot = text.IndexOf((byte)'.');
        var whole = dot < 0 ? text : text[..dot];
        if (!Utf8Parser.TryParse(whole, out long number, out var consumed) || consumed != whole.Length || whole.Length < 9)
        {
            return TryParseExponent(text, out time);
        }

        var unitsPerSecond = whole.Length switch { <= 11 => 1L, <= 14 => 1_000, <= 17 => 1_000_000, _ => 1_000_000_000 };
        if (number < 0)
        {
            return false;
        }

        var nanosecondsPerUnit = 1_000_000_000 / unitsPerSecond;
        var fraction = 0L;
        if (dot >= 0)
        {
            var scale = nanosecondsPerUnit;
            foreach (var digit in text[(dot + 1)..])
            {
                if (!char.IsAsciiDigit((char)digit))
                {
                    return TryParseExponent(text, out time);
                }

                scale /= 10;
                fraction += (digit - '0') * scale;
            }
        }

        time = new LogTime(number / unitsPerSecond, (int)((number % unitsPerSecond * nanosecondsPerUnit) + fraction));
        return true;
    }

    /// <summary>zap writes seconds as a float, and large ones with an exponent.</summary>
    private static bool TryParseExponent(ReadOnlySpan<byte> text, out LogTime time)
    {
        time = default;
        if (!text.ContainsAny((byte)'e', (byte)'E') || !Utf8Parser.TryParse(text, out double seconds, out var consumed)
            || consumed != text.Length || seconds is not (>= 1e8 and < 1e11))
        {
            return false;
        }

        // A double of this size tells microseconds apart, and no more.
        var microseconds = (long)Math.Round(seconds * 1e6);
        time = new LogTime(microseconds / 1_000_000, (int)(microseconds % 1_000_000) * 1000);
        return true;
    }

    private static bool TryReadNumeric(ref Scan scan)
    {
        var digits = scan.CountDigits();
        var after = scan.Peek(digits);
        return (digits, after) switch
        {
            (4, '-' or '/' or '.') => scan.TryYearFirst((byte)after) && scan.TryDateEnd() && scan.TryTimeOfDay() && scan.TryZone(),
            (2, ':') => scan.TryTimeOfDay() && scan.TryZone(),
            (8, 'T' or ' ' or '-') => scan.TryCompactDate() && scan.TryDateEnd() && scan.TryTimeOfDay() && scan.TryZone(),
            (1 or 2, '/' or '-' or ' ') when char.IsAsciiLetter((char)scan.Peek(digits + 1)) =>
                scan.TryDayMonthYear((byte)after) && scan.TryDateEnd() && scan.TryTimeOfDay() && scan.TryZone(),
            (2, '-') => scan.TryMonthDay() && scan.TryTake(' ') && scan.TryTimeOfDay() && scan.TryZone(),
            (2, '/') => scan.TryShortYearFirst() && scan.TryTake(' ') && scan.TryTimeOfDay() && scan.TryZone(),
            _ => false,
        };
    }

    private static bool TryReadNamed(ref Scan scan)
    {
        // Fri Nov 20 10:00:00 2026, Fri, 20 Nov 2026 10:00:00 GMT, Nov 20 10:00:00, Nov 20, 2026 10:00:00 AM
        if (scan.TryName(DayNames, out _))
        {
            _ = scan.TryTake(',');
            if (!scan.TryTake(' '))
            {
                return false;
            }

            if (char.IsAsciiDigit((char)scan.Peek(0)))
            {
                return scan.TryDayMonthYear((byte)' ') && scan.TryTake(' ') && scan.TryTimeOfDay() && scan.TryZone();
            }
        }

        if (!scan.TryMonthName() || !scan.TryDayOfMonth())
        {
            return false;
        }

        if (scan.TryTake(','))
        {
            return scan.TryTake(' ') && scan.TryYear() && scan.TryTake(' ') && scan.TryTimeOfDay() && scan.TryHalfOfDay();
        }

        if (!scan.TryTake(' ') || !scan.TryTimeOfDay())
        {
            return false;
        }

        scan.TryYearBehind();
        return scan.TryZone();
    }

    /// <summary>A place in the text and what has been read of the time so far.</summary>
    private ref struct Scan(ReadOnlySpan<byte> text)
    {
        private readonly ReadOnlySpan<byte> _text = text;
        private int _year = -1;
        private int _month = -1;
        private int _day = -1;
        private int _secondOfDay;
        private int _nanoseconds;
        private int _offsetSeconds;

        public int At { get; private set; }

        public readonly int Peek(int ahead) => At + ahead < _text.Length ? _text[At + ahead] : 0;

        public readonly int CountDigits()
        {
            var count = 0;
            while (char.IsAsciiDigit((char)Peek(count)))
            {
                count++;
            }

            return count;
        }

        public bool TryTake(char expected)
        {
            if (Peek(0) != expected)
            {
                return false;
            }

            At++;
            return true;
        }

        public bool TryYear() => TryNumber(4, out _year);

        public bool TryYearFirst(byte separator) =>
            TryYear() && TryTake((char)separator) && TryNumber(2, out _month) && TryTake((char)separator) && TryNumber(2, out _day);

        public bool TryCompactDate() => TryYear() && TryNumber(2, out _month) && TryNumber(2, out _day);

        /// <summary>Spark and Hadoop leave the century out.</summary>
        public bool TryShortYearFirst()
        {
            if (!TryNumber(2, out var year) || !TryTake('/') || !TryNumber(2, out _month) || !TryTake('/') || !TryNumber(2, out _day))
            {
                return false;
            }

            _year = 2000 + year;
            return true;
        }

        /// <summary>Android's logcat leaves the year out.</summary>
        public bool TryMonthDay() => TryNumber(2, out _month) && TryTake('-') && TryNumber(2, out _day);

        public bool TryDayMonthYear(byte separator) =>
            TryNumber(CountDigits(), out _day) && TryTake((char)separator) && TryName(MonthNames, out _month)
            && ++_month > 0 && TryTake((char)separator) && TryYear();

        /// <summary>What stands between date and time: <c>T</c>, a space, or access logs' colon.</summary>
        public bool TryDateEnd()
        {
            var isOne = Peek(0) is 'T' or 't' or ' ' or ':' or '_' or '-';
            At += isOne ? 1 : 0;
            return isOne;
        }

        public bool TryMonthName() => TryName(MonthNames, out _month) && ++_month > 0 && TryTake(' ');

        /// <summary>A day of one digit has a space before it, or none.</summary>
        public bool TryDayOfMonth()
        {
            _ = TryTake(' ');
            return CountDigits() is 1 or 2 && TryNumber(CountDigits(), out _day);
        }

        public bool TryName(ReadOnlySpan<byte> names, out int index)
        {
            index = -1;
            if (At + 3 > _text.Length)
            {
                return false;
            }

            Span<byte> name = stackalloc byte[3];
            for (var letter = 0; letter < 3; letter++)
            {
                name[letter] = (byte)(_text[At + letter] | 0x20);
            }

            var found = names.IndexOf(name);
            if (found < 0 || found % 3 != 0)
            {
                return false;
            }

            index = found / 3;
            At += 3;
            return true;
        }

        public bool TryTimeOfDay()
        {
            var hourDigits = CountDigits();
            if (hourDigits == 6)
            {
                return TryNumber(2, out var h) && TryNumber(2, out var m) && TryNumber(2, out var s) && TryTime(h, m, s);
            }

            return hourDigits is 1 or 2
                && TryNumber(hourDigits, out var hour) && TryTake(':') && TryNumber(2, out var minute)
                && TryTake(':') && TryNumber(2, out var second) && TryTime(hour, minute, second);
        }

        /// <summary>A 12-hour clock's half, if there is one.</summary>
        public bool TryHalfOfDay()
        {
            if (Peek(0) != ' ' || (Peek(1) | 0x20) is not ('a' or 'p') || (Peek(2) | 0x20) != 'm')
            {
                return true;
            }

            var isAfternoon = (Peek(1) | 0x20) == 'p';
            var hour = _secondOfDay / 3600;
            _secondOfDay += ((hour % 12) + (isAfternoon ? 12 : 0) - hour) * 3600;
            At += 3;
            return hour is >= 1 and <= 12;
        }

        /// <summary>ctime and Apache's error log have the year last.</summary>
        public void TryYearBehind()
        {
            if (Peek(0) == ' ' && Peek(1) is '1' or '2')
            {
                // Four digits before anything but a space are the beginning of something else: of an address, say.
                At++;
                if (CountDigits() != 4 || Peek(4) is not (0 or ' ' or ']') || !TryYear())
                {
                    At--;
                }
            }
        }

        /// <summary>The zone, if one is written that is sure to be one: Z, UTC, GMT, or a distance.</summary>
        public bool TryZone()
        {
            var hasSpace = Peek(0) == ' ';
            var zone = _text[(At + (hasSpace ? 1 : 0))..];
            if (zone.Length > 0 && zone[0] is (byte)'Z' or (byte)'z' && (zone.Length == 1 || !char.IsAsciiLetterOrDigit((char)zone[1])))
            {
                At += hasSpace ? 2 : 1;
            }
            else if ((zone.StartsWith("UTC"u8) || zone.StartsWith("GMT"u8)) && (zone.Length == 3 || !char.IsAsciiLetterOrDigit((char)zone[3])))
            {
                At += hasSpace ? 4 : 3;
            }
            else if (zone.Length > 0 && zone[0] is (byte)'+' or (byte)'-')
            {
                TryDistance(zone, hasSpace);
            }

            return true;
        }

        public readonly bool TryResolve(TimeProvider clock, out LogTime time)
        {
            if (_year < 0)
            {
                return TryResolveLatest(clock, out time);
            }

            time = default;
            if (!IsDate(_year, _month, _day))
            {
                return false;
            }

            // A zone may push the first and the last day of all out of the years that can be written.
            time = AtDate(new DateOnly(_year, _month, _day));
            return time.UnixSeconds is >= FirstSecond and <= LastSecond;
        }

        private static bool IsDate(int year, int month, int day) =>
            year is >= 1 and <= 9999 && month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month);

        private readonly bool TryResolveLatest(TimeProvider clock, out LogTime time)
        {
            var now = clock.GetUtcNow().UtcDateTime;
            var today = DateOnly.FromDateTime(now);
            var sinceEpoch = (now - DateTime.UnixEpoch).Ticks;
            var latest = new LogTime(
                sinceEpoch / TimeSpan.TicksPerSecond, (int)(sinceEpoch % TimeSpan.TicksPerSecond) * NanosecondsPerTick);
            if (_day < 0)
            {
                time = AtDate(today);
                time = time <= latest ? time : AtDate(today.AddDays(-1));
                return true;
            }

            for (var yearsBack = 0; yearsBack <= MaxYearsToLeapDay; yearsBack++)
            {
                if (IsDate(today.Year - yearsBack, _month, _day))
                {
                    time = AtDate(new DateOnly(today.Year - yearsBack, _month, _day));
                    if (time <= latest)
                    {
                        return true;
                    }
                }
            }

            time = default;
            return false;
        }

        private readonly LogTime AtDate(DateOnly date) => new(
            ((date.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber) * (long)SecondsPerDay) + _secondOfDay - _offsetSeconds,
            _nanoseconds);

        private bool TryNumber(int digits, out int value)
        {
            value = 0;
            for (var index = 0; index < digits; index++)
            {
                var digit = Peek(index);
                if (!char.IsAsciiDigit((char)digit))
                {
                    return false;
                }

                value = (value * 10) + digit - '0';
            }

            At += digits;
            return digits > 0;
        }

        private bool TryTime(int hour, int minute, int second)
        {
            // A leap second is the first of the next minute.
            if (hour > 23 || minute > 59 || second > 60)
            {
                return false;
            }

            _secondOfDay = (hour * 3600) + (minute * 60) + second;
            if (Peek(0) is '.' or ',' && char.IsAsciiDigit((char)Peek(1)))
            {
                At++;
                var scale = 100_000_000;
                for (; char.IsAsciiDigit((char)Peek(0)); At++)
                {
                    _nanoseconds += (Peek(0) - '0') * scale;
                    scale /= 10;
                }
            }

            return true;
        }

        private void TryDistance(ReadOnlySpan<byte> zone, bool hasSpace)
        {
            var scan = new Scan(zone[1..]);
            var digits = scan.CountDigits();
            var minutes = 0;
            var isRead = scan.TryNumber(2, out var hours) && digits switch
            {
                4 => scan.TryNumber(2, out minutes),
                2 when scan.TryTake(':') => scan.TryNumber(2, out minutes),
                2 => !hasSpace,
                _ => false,
            };
            if (!isRead || hours > 23 || minutes > 59 || char.IsAsciiLetterOrDigit((char)scan.Peek(0)))
            {
                return;
            }

            _offsetSeconds = ((hours * 3600) + (minutes * 60)) * (zone[0] == '-' ? -1 : 1);
            At += scan.At + (hasSpace ? 2 : 1);
        }
    }
}
