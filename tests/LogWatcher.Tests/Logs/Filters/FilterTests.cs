using System.Text;
using LogWatcher.Logs;
using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Formats;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Logs.Filters;

public class FilterTests(ITestOutputHelper output)
{
    private static readonly string[] Words =
    [
        "disk", "full", "Timeout", "a\"b", "a/b", "back\\slash", "größe", "Ошибка", "磁盘", "x", "", "503", "5.03e2", "0.5",
        "250ms", "10KiB", "[1,2]", "a,b", "é\uFFFD", "k", "\u212A", "tab\tin", "{", "two words",
    ];

    [Fact]
    public void Only_the_empty_query_is_everything()
    {
        Filter.Parse("").IsEverything.Should().BeTrue();
        Filter.Parse(" \t\r\n").IsEverything.Should().BeTrue();
        Filter.Parse("\"\"").IsEverything.Should().BeFalse();
        Filter.Parse("").MayMatch(""u8).Should().BeTrue();
        Filter.Parse("").IndexOfCandidate("x"u8).Should().Be(0);
    }

    [Fact]
    public void The_length_has_a_bound()
    {
        Filter.Parse(new string('a', FilterParser.MaxFilterLength)).IsEverything.Should().BeFalse();
        var parse = () => Filter.Parse(new string('a', FilterParser.MaxFilterLength + 1));
        parse.Should().Throw<FilterSyntaxException>().Which.Column.Should().Be(FilterParser.MaxFilterLength + 1);
    }

    [Fact]
    public void The_depth_has_a_bound()
    {
        static string Nested(int depth) => string.Concat(Enumerable.Repeat("not (", depth)) + "a" + new string(')', depth);
        Filter.Parse(Nested(FilterParser.MaxDepth)).Matches(SampleFormats.Read("a")).Should().BeTrue();
        var parse = () => Filter.Parse(Nested(FilterParser.MaxDepth + 1));
        var thrown = parse.Should().Throw<FilterSyntaxException>().Which;
        thrown.Column.Should().Be(5 * (FilterParser.MaxDepth + 1));
        thrown.Message.Should().EndWith("expected at most 64 open parentheses");
    }

    [Fact]
    public void Parentheses_beside_each_other_are_not_nested() =>
        Filter.Parse(string.Concat(Enumerable.Repeat("(a)", 1000))).Matches(SampleFormats.Read("a")).Should().BeTrue();

    [Fact]
    public void Any_text_is_a_filter_or_a_syntax_error()
    {
        var random = Randomness.Create(output);
        ReadOnlySpan<string> pieces =
        [
            "a", "level", "=", "!", "<", ">", ":", "~", "(", ")", "\"", "'", "\\", "/", "i", "-", ",", " ", "in", "in (", "has(",
            "not ", "and ", "or ", "ERROR", "5", "1h", "10KiB", "2026-11-20T10:00:00Z", "msg ~ ", "[", "]", "{2,3}", "*",
            "\ud83d", "\ude00", "é", "\0", "\u00a0", "@", ".", "\n",
        ];
        for (var round = 0; round < 50_000; round++)
        {
            var text = new StringBuilder();
            for (var count = random.Next(14); count > 0; count--)
            {
                text.Append(random.Next(20) == 0 ? ((char)random.Next(char.MaxValue)).ToString() : random.Pick(pieces));
            }

            try
            {
                var filter = Filter.Parse(text.ToString());
                filter.Matches(SampleFormats.Read("a level=5 é"));
                filter.MayMatch("a level=5"u8);
            }
            catch (FilterSyntaxException exception)
            {
                exception.Column.Should().BeInRange(1, text.Length + 1);
                exception.Message.Should().StartWith($"column {exception.Column}: expected ");
            }
            catch (Exception exception) when (exception is not FilterSyntaxException)
            {
                Assert.Fail($"'{text}' threw {exception}");
            }
        }
    }

    /// <summary>The property that all skipping of lines stands on.</summary>
    [Fact]
    public void What_matches_passes_the_test_on_raw_bytes()
    {
        var random = Randomness.Create(output);
        var (matched, skipped) = (0, 0);
        for (var round = 0; round < 60_000; round++)
        {
            var line = RandomLine(random);
            var text = RandomFilter(random, 2);
            var filter = Filter.Parse(text);
            var mayMatch = filter.MayMatch(line);
            var isCandidate = filter.IndexOfCandidate(line) >= 0;
            skipped += mayMatch ? 0 : 1;
            if (filter.Matches(SampleFormats.Read(line, random.Pick("", "app.log"))))
            {
                matched++;
                (mayMatch && isCandidate).Should().BeTrue($"{text} matches {Encoding.UTF8.GetString(line)}");
            }

            (isCandidate || !mayMatch).Should().BeTrue($"a buffer is searched for {text} as {Encoding.UTF8.GetString(line)} is");
        }

        // Neither is worth anything if it never comes to it.
        output.WriteLine($"{matched} matched, {skipped} were skipped");
        matched.Should().BeGreaterThan(5_000);
        skipped.Should().BeGreaterThan(5_000);
    }

    /// <summary>The same for lines of every format, asked for what stands in them.</summary>
    [Fact]
    public void What_matches_in_a_line_of_any_format_passes_the_test_on_raw_bytes()
    {
        var random = Randomness.Create(output);
        var lines = FormatCases.Read().Select(row => FormatCases.Bytes(row.Entry)).ToArray();
        var formats = new LineFormats(FormatCases.Clock);
        var entry = new EntryView();
        var (matched, skipped) = (0, 0);
        for (var round = 0; round < 60_000; round++)
        {
            var (line, lineLength) = random.Pick(lines);
            entry.Begin(line, random.Pick("", "app.log"), isTruncated: random.Next(10) == 0, lineLength);
            formats.Parse(entry);
            var text = RandomFilterOf(random, entry);
            var filter = Filter.Parse(random.Next(4) == 0 ? $"({text}) {random.Pick("and", "or", "and not")} ({RandomFilter(random, 1)})" : text);

            // One line is asked for what stands in another, too, or none would ever be skipped.
            if (random.Next(2) == 0)
            {
                (line, lineLength) = random.Pick(lines);
                entry.Begin(line, "", isTruncated: false, lineLength);
                formats.Parse(entry);
            }

            var mayMatch = filter.MayMatch(line) && filter.IndexOfCandidate(line) >= 0;
            skipped += mayMatch ? 0 : 1;
            if (filter.Matches(entry))
            {
                matched++;
                mayMatch.Should().BeTrue($"{text} matches {Encoding.UTF8.GetString(line)}");
            }
        }

        output.WriteLine($"{matched} matched, {skipped} were skipped");
        matched.Should().BeGreaterThan(5_000);
        skipped.Should().BeGreaterThan(5_000);
    }

    [Fact]
    public void A_buffer_is_searched_for_the_same_lines()
    {
        var random = Randomness.Create(output);
        for (var round = 0; round < 300; round++)
        {
            var lines = Enumerable.Range(0, random.Next(1, 60)).Select(_ => RandomLine(random)).ToArray();
            var buffer = lines.SelectMany(line => (byte[])[.. line, (byte)'\n']).ToArray();
            var text = RandomFilter(random, 2);
            var filter = Filter.Parse(text);
            var found = new List<int>();
            for (var start = 0; start < buffer.Length;)
            {
                var candidate = filter.IndexOfCandidate(buffer.AsSpan(start));
                if (candidate < 0)
                {
                    break;
                }

                var lineStart = buffer.AsSpan(0, start + candidate).LastIndexOf((byte)'\n') + 1;
                var lineEnd = buffer.AsSpan(start + candidate).IndexOf((byte)'\n') + start + candidate;
                if (filter.MayMatch(buffer.AsSpan(lineStart, lineEnd - lineStart)))
                {
                    found.Add(lineStart);
                }

                start = lineEnd + 1;
            }

            var expected = new List<int>();
            var offset = 0;
            foreach (var line in lines)
            {
                if (filter.MayMatch(line))
                {
                    expected.Add(offset);
                }

                offset += line.Length + 1;
            }

            found.Should().Equal(expected, $"{text} is searched in a buffer");
        }
    }

    [Fact]
    public void A_needle_is_found_wherever_it_stands_among_others()
    {
        var filter = Filter.Parse("deadlock or panic or user = bob");
        for (var place = 0; place < 2000; place++)
        {
            var buffer = Encoding.UTF8.GetBytes(new string('.', place) + "deadlock" + new string('.', 2000 - place) + "panic");
            filter.IndexOfCandidate(buffer).Should().Be(place);
        }

        filter.IndexOfCandidate(Encoding.UTF8.GetBytes(new string('.', 5000) + "deadloc")).Should().Be(-1);
        filter.IndexOfCandidate(""u8).Should().Be(-1);
    }

    [Theory]
    [InlineData("disk full", true)]
    [InlineData("\"disk full\" or cpu", true)]
    [InlineData("user = u-17", true)]
    [InlineData("user in (u-17, u-18)", true)]
    [InlineData("user : u-17 level >= WARN", true)]
    [InlineData("msg : disk", true)]
    [InlineData("status = 503", true)]
    [InlineData("status = \"503\"", true)]
    [InlineData("id = 9007199254740993", true)]
    [InlineData("/disk.*full/", true)]
    [InlineData("ошибка", true)]
    [InlineData("level = ERROR", true)]
    [InlineData("level >= WARN or level = TRACE", true)]
    [InlineData("level != ERROR", true)]
    [InlineData("not ERROR", false)]
    [InlineData("time = 2026-11-20T10:00:00Z", false)]
    [InlineData("source = app.log", false)]
    [InlineData("truncated = true", false)]
    [InlineData("user != u-17", false)]
    [InlineData("user !: u-17", false)]
    [InlineData("not disk", false)]
    [InlineData("disk or level = ERROR", true)]
    [InlineData("status >= 500", false)]
    [InlineData("took = 250ms", false)]
    [InlineData("has(user)", false)]
    public void Lines_are_skipped_where_the_terms_allow_it(string filter, bool isSkipped) =>
        Filter.Parse(filter).MayMatch("another line"u8).Should().Be(!isSkipped);

    [Theory]
    [InlineData("user = u-17")]
    [InlineData("user : U-17")]
    [InlineData("user in (u-17, u-18)")]
    [InlineData("status = 503")]
    [InlineData("msg ~ disk")]
    public void An_escape_may_hide_a_value_but_not_a_word(string filter)
    {
        Filter.Parse(filter).MayMatch("{\"x\":\"\\u0064\"}"u8).Should().BeTrue();
        Filter.Parse("disk").MayMatch("{\"x\":\"\\u0064isk\"}"u8).Should().BeFalse();
    }

    [Fact]
    public void A_message_may_be_made_of_a_template()
    {
        Filter.Parse("msg : 'Ada logged in'").MayMatch("{\"@mt\":\"{Name} logged in\",\"Name\":\"Ada\"}"u8).Should().BeTrue();
        Filter.Parse("Name : 'Ada logged in'").MayMatch("{\"@mt\":\"{Name} logged in\",\"Name\":\"Ada\"}"u8).Should().BeFalse();
    }

    [Theory]
    [InlineData("disk full")]
    [InlineData("level >= WARN and status >= 500 -user=bob")]
    [InlineData("time > 2026-11-20T09:00:00Z source = app.log")]
    [InlineData("user in (ann, bob) or took > 250ms or size < 10KiB")]
    [InlineData("msg : FULL msg ~ ^disk.*l$")]
    [InlineData("/disk.*full/i -/empty$/")]
    [InlineData("has(user) and id = 9007199254740993")]
    public void Asking_allocates_nothing(string text)
    {
        var filter = Filter.Parse(text);
        var line = """
            {"time":"2026-11-20T10:00:00Z","level":"error","msg":"disk full","status":503,"user":"ann","took":"300ms","id":9007199254740993}
            """u8.ToArray();
        var entry = SampleFormats.Read(line, "app.log");
        filter.Matches(entry).Should().BeTrue();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 1000; round++)
        {
            filter.Matches(entry);
            filter.MayMatch(line);
            filter.IndexOfCandidate(line);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
    }

    [Fact]
    public void A_long_line_of_other_letters_is_decoded_in_a_rented_buffer()
    {
        var filter = Filter.Parse("ошибка");
        var entry = SampleFormats.Read(new string('ж', 10_000));
        filter.Matches(entry).Should().BeFalse();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 100; round++)
        {
            filter.Matches(entry);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
    }

    private static byte[] RandomLine(Random random)
    {
        var fields = Enumerable.Range(0, random.Next(1, 5))
            .Select(_ => (Name: random.Pick("msg", "level", "time", "user", "status", "a.b", "tags"), Value: RandomValue(random)))
            .ToArray();
        return Encoding.UTF8.GetBytes(random.Next(3) switch
        {
            0 => "{" + string.Join(random.Pick(",", ", "), fields.Select(field => RandomJsonField(random, field.Name, field.Value))) + "}",
            1 => string.Join(' ', fields.Select(field => $"{field.Name}={Quoted(field.Value)}")),
            _ => random.Pick("", "2026-11-20T10:00:00Z ") + random.Pick("", "ERROR ", "warn ")
                + string.Join(' ', fields.Select(field => field.Value)),
        });
    }

    private static string RandomValue(Random random) =>
        random.Next(3) switch
        {
            0 => random.Pick("ERROR", "warn", "2026-11-20T10:00:00Z", "503", "5.03e2", "50.3e1", "250ms", "0.25s"),
            1 => random.Pick(Words),
            _ => random.Pick(Words) + random.Pick(" ", "", "/") + random.Pick(Words).ToUpperInvariant(),
        };

    private static string RandomJsonField(Random random, string name, string value) =>
        RandomJson(random, name) + random.Pick(":", " : ") + RandomJsonValue(random, value);

    private static string RandomJsonValue(Random random, string value) => random.Next(6) switch
    {
        0 => random.Pick("503", "5.03e2", "0.503E+3", "5030e-1", "true", "null"),
        1 => "[" + RandomJson(random, value) + random.Pick(",", " , ") + "1 ]",
        2 => "{ \"b\" : " + RandomJson(random, value) + "}",
        _ => RandomJson(random, value),
    };

    /// <summary>A JSON string, some of its characters escaped that need not be.</summary>
    private static string RandomJson(Random random, string text)
    {
        var isEscaping = random.Next(3) == 0;
        var json = new StringBuilder("\"");
        foreach (var character in text)
        {
            json.Append(character is '"' or '\\' or < ' ' || (isEscaping && random.Next(2) == 0) ? $"\\u{(int)character:x4}" : character);
        }

        return json.Append('"').ToString();
    }

    private static string Quoted(string value) => value.AsSpan().IndexOfAny(" \"\\=") < 0 && value.Length > 0 ? value
        : "\"" + value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";

    /// <summary>A comparison with a field of the entry, or a phrase out of its text.</summary>
    private static string RandomFilterOf(Random random, EntryView entry)
    {
        var index = random.Next(-2, entry.FieldCount);
        var path = index < 0 ? "msg" : Encoding.UTF8.GetString(entry.FieldName(index));
        var value = Encoding.UTF8.GetString(index == -2 ? entry.Text : index == -1 ? entry.Message : entry.FieldValue(index));
        var start = random.Next(3) == 0 ? random.Next(value.Length + 1) : 0;
        var part = random.Next(3) == 0 ? value.Substring(start, Math.Min(value.Length - start, random.Next(20))) : value[start..];
        var quoted = "'" + part.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal) + "'";

        // Names with other characters can be told by no filter, and a level has values of its own.
        return index == -2 || path is "level" or "time" or "source" || path.StartsWith("has", StringComparison.Ordinal) || !path.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '.') || !char.IsAsciiLetter(path[0])
            ? quoted
            : $"{path} {random.Pick("=", ":", "!=", "!:", ">=")} {quoted}";
    }

    private static string RandomFilter(Random random, int depth)
    {
        if (depth > 0 && random.Next(2) == 0)
        {
            var (left, right) = (RandomFilter(random, depth - 1), RandomFilter(random, depth - 1));
            return random.Pick($"({left} or {right})", $"not ({left})", $"({left}) {right}", $"{left} or {right}");
        }

        var value = RandomValue(random);
        value = random.Next(4) == 0 && value.Length > 2 ? value[random.Next(value.Length)..] : value;
        var quoted = "'" + value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal) + "'";
        var path = random.Pick("msg", "user", "status", "a.b", "tags", "time", "source");
        return random.Next(9) switch
        {
            0 => quoted,
            1 => $"{path} {random.Pick("=", "!=", "<", ">=")} {quoted}",
            2 => $"{path} {random.Pick(":", "!:")} {quoted}",
            3 => $"{path} {random.Pick("=", "!=", "<", ">=")} {random.Pick("503", "0503", "50.3e1", "250ms", "disk", "5")}",
            4 => $"{path} in ({quoted}, {random.Pick("503", "full", "'Timeout'")})",
            5 => $"level {random.Pick("=", ">=", "!=")} {random.Pick("ERROR", "warn")}",
            6 => $"{path} ~ {random.Pick("d[ia]sk", "/timeout|full/i", "^5", "\"a.b\"", "größ.")}",
            7 => random.Pick("/d.sk/", "/timeout/i", "/[а-я]+шибка/", "/k/i", "/(fu)ll/"),
            _ => $"has({path})",
        };
    }
}
