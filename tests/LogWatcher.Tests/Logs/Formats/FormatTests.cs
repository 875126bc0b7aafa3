using System.Text;
using LogWatcher.Logs;
using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Formats;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Logs.Formats;

/// <summary>The table of cases, Cases/formats.asv, and what must hold for any line.</summary>
public sealed class FormatTests(ITestOutputHelper output)
{
    /// <summary>A line may be no longer, and so nothing that is read in one.</summary>
    private const int MaxLineBytes = 1024 * 1024;

    private readonly LineFormats _formats = new(FormatCases.Clock);

    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (var (entry, result) in FormatCases.Read())
        {
            cases.Add(entry, result);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_line_is_recognised_for_what_it_is(string entry, string expected)
    {
        var (text, lineLength) = FormatCases.Bytes(entry);
        See(text, lineLength).Should().Be(expected);
        _formats.KindOf(text.AsMemory(0, lineLength), isTruncated: false).ToString().Should().Be(expected.Split(' ')[0]);
    }

    [Theory]
    [InlineData("""{"level":"error","msg":"abc""", "Structured ERROR \"abc\" truncated=true")]
    [InlineData("""{"level":"error","msg":"a\n\u00""", "Structured ERROR \"a⏎\" truncated=true")]
    [InlineData("level=error msg=\"abc", "Structured ERROR \"abc\" truncated=true")]
    [InlineData("2026-11-20T10:00:00Z ERROR abc", "TextHead ERROR 2026-11-20T10:00:00Z \"abc\" truncated=true")]
    [InlineData("<11>1 - h a p m [x@1 a=\"b\" c=\"d", "Structured ERROR \"\" facility=user host=h app=a pid=p msgid=m x@1.a=b truncated=true")]
    [InlineData("1.2.3.4 - - [20/Nov/2026:10:00:00 +0000] \"GET /abc", "Structured 2026-11-20T10:00:00Z \"GET /abc\" client=1.2.3.4 method=GET path=/abc truncated=true")]
    [InlineData("2026-11-20T10:00:00.1Z stderr F {\"level\":\"warn\",\"msg\":\"abc", "Structured WARN 2026-11-20T10:00:00.1Z \"abc\" stream=stderr truncated=true")]
    [InlineData("{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"severityNumber\":17,\"body\":{\"stringValue\":\"abc", "Structured ERROR \"abc\" truncated=true")]
    public void A_line_that_is_cut_off_tells_what_it_still_has(string line, string expected)
    {
        var text = Encoding.UTF8.GetBytes(line);
        See(text, text.Length, isTruncated: true).Should().Be(expected);
        _formats.KindOf(text, isTruncated: true).ToString().Should().Be(expected.Split(' ')[0]);
    }

    /// <summary>Filters skip lines by this before any format has seen them (<see cref="RawTest"/>).</summary>
    [Fact]
    public void What_is_found_stands_in_the_raw_line()
    {
        var random = Randomness.Create(output);
        var view = new EntryView();
        var skipped = 0;
        foreach (var (entry, _) in FormatCases.Read())
        {
            var (text, lineLength) = FormatCases.Bytes(entry);
            Parse(view, text, lineLength);
            for (var index = -1; index < view.FieldCount; index++)
            {
                var path = new FieldPath(index < 0 ? "msg" : Encoding.UTF8.GetString(view.FieldName(index)));
                var value = Encoding.UTF8.GetString(index < 0 ? view.Message : view.FieldValue(index));
                for (var round = 0; round < 20; round++)
                {
                    var start = round == 0 ? 0 : random.Next(value.Length + 1);
                    var part = value.Substring(start, round == 0 ? value.Length : random.Next(value.Length - start + 1));
                    var test = RawLiteral.OfField(path, part);
                    (test?.MayMatch(text) ?? true).Should().BeTrue($"{path.Text} has {part} in {entry}");
                    skipped += RawLiteral.OfField(path, part + "no such text")?.MayMatch(text) == false ? 1 : 0;
                }
            }
        }

        // It is worth nothing if it never comes to it.
        skipped.Should().BeGreaterThan(10_000);
    }

    [Fact]
    public void No_bytes_make_a_format_throw()
    {
        var random = Randomness.Create(output);
        var lines = FormatCases.Read().Select(row => FormatCases.Bytes(row.Entry).Text).ToArray();
        var view = new EntryView();
        for (var turn = 0; turn < 150_000; turn++)
        {
            var line = Mutated(random, lines);
            var end = line.AsSpan().IndexOf((byte)'\n');
            var isTruncated = random.Next(4) == 0;
            try
            {
                view.Begin(line, "", isTruncated, end < 0 ? null : end);
                _formats.Parse(view);
                _ = LogEntry.From(view);
                _ = view.Time?.ToString();
                var kind = _formats.KindOf(line.AsMemory(0, end < 0 ? line.Length : end), isTruncated);
                kind.Should().Be(view.Kind);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"the line is {Encoding.UTF8.GetString(line)}", exception);
            }
        }
    }

    [Theory]
    [InlineData("", "<", "")]
    [InlineData("", "[", "")]
    [InlineData("", "{", "")]
    [InlineData("", "{\"a\":", "")]
    [InlineData("", "{\"log\":\"", "")]
    [InlineData("", "{\"log\":\"{\\\"log\\\":", "")]
    [InlineData("{\"a\":", "[", "")]
    [InlineData("{\"a\":\"", "\\\"", "\"}")]
    [InlineData("{\"a\":\"", "\\u0041", "\"}")]
    [InlineData("{\"x\":1", ",\"msg\":1", "}")]
    [InlineData("{\"x\":1", ",\"msg\":\"a\",\"MSG\":\"b\"", "}")]
    [InlineData("{\"x\":1", ",\"attributes\":[{\"key\":\"a\"}", "}")]
    [InlineData("{\"attributes\":[{\"key\":\"a\",\"value\":{", "\"kvlistValue\":{\"values\":[{\"key\":\"a\",\"value\":{", "")]
    [InlineData("{\"attributes\":[{\"key\":\"a\"}", ",{\"key\":\"a\"}", "]}")]
    [InlineData("{\"@t\":\"2026-11-20T10:00:00Z\",\"a\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"@mt\":\"", "{a}{b}{{", "\"}")]
    [InlineData("{\"@mt\":\"{a}{b}{c}{d}{e}{f}{g}{h}{i}{j}{k}{l}{m}{n}{o}{p}\"", ",\"zz\":{}", "}")]
    [InlineData("{\"resourceLogs\":[", "{\"scopeLogs\":[{\"logRecords\":[{},{}]}]},", "{}]}")]
    [InlineData("{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{}", ",{\"a\":1,\"body\":{\"stringValue\":\"x\"}}", "]}]}]}")]
    [InlineData("{\"resourceLogs\":[{\"resource\":", "{\"attributes\":[", "")]
    [InlineData("{\"log\":\"", "{\\\"a\\\":", "\",\"stream\":\"stdout\"}")]
    [InlineData("2026-11-20T10:00:00.1Z stdout F ", "2026-11-20T10:00:00.1Z stdout F ", "")]
    [InlineData("2026-11-20T10:00:00.", "1", "")]
    [InlineData("", "a=", "")]
    [InlineData("", "a=b ", "")]
    [InlineData("a=b msg=c ", "\" ", "")]
    [InlineData("a=\"", "\\", "")]
    [InlineData("<13>1 - - - - - ", "[a b=\"c\"]", "")]
    [InlineData("<13>1 - - - - - [a b=\"", "\\", "")]
    [InlineData("<13>1 - - - - - [a", " b=\"\\]\"", "")]
    [InlineData("<13>Nov 20 10:00:00 ", "a[", "")]
    [InlineData("Nov 20 10:00:00 h ", "a:", "")]
    [InlineData("1.2.3.4 - - [20/Nov/2026:10:00:00 +0000] \"", "\\\"", "")]
    [InlineData("1.2.3.4 - - [20/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 1 ", "a=\"b\" ", "")]
    [InlineData("1.2.3.4 ", "a [", "")]
    [InlineData("2026-11-20T10:00:00Z ", "[a]", "")]
    [InlineData("2026-11-20T10:00:00Z ", "- ", "")]
    [InlineData("2026-11-20T10:00:00Z ", "-", "")]
    [InlineData("2026-11-20T10:00:00Z ", "{}", "")]
    [InlineData("", "ERROR:", "")]
    [InlineData("ERROR ", "a.", "")]
    [InlineData("ERROR x\n", "\r\n", "")]
    [InlineData("info: A[1]\n", "      \r\n", "")]
    [InlineData("E1120 10:00:00.1 ", "1 ", "")]
    [InlineData("", "1", "")]
    [InlineData("", " ", "{")]
    [InlineData("", "\t", "")]
    [InlineData("", "\"", "")]
    public void A_long_line_of_anything_takes_no_longer_than_its_length(string head, string repeated, string tail)
    {
        var line = new StringBuilder(head);
        while (line.Length < MaxLineBytes)
        {
            line.Append(repeated);
        }

        // Were any of these quadratic, the test would run for hours.
        var text = Encoding.UTF8.GetBytes(line.Append(tail).ToString());
        var end = text.AsSpan().IndexOf((byte)'\n');
        var view = new EntryView();
        foreach (var isTruncated in new[] { false, true })
        {
            view.Begin(text, "", isTruncated, end < 0 ? null : end);
            _formats.Parse(view);
            _ = LogEntry.From(view);
            _formats.KindOf(text.AsMemory(0, end < 0 ? text.Length : end), isTruncated).Should().Be(view.Kind);
        }
    }

    [Fact]
    public void To_recognise_a_line_allocates_nothing()
    {
        // Several records in one line are sorted by the names of their fields; nobody writes them one by one.
        var cases = FormatCases.Read().Where(row => !row.Entry.StartsWith("{\"resourceLogs\"", StringComparison.Ordinal))
            .Select(row => FormatCases.Bytes(row.Entry)).ToArray();
        var view = new EntryView();
        ParseAll();
        ParseAll();
        var before = GC.GetAllocatedBytesForCurrentThread();
        ParseAll();
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);

        void ParseAll()
        {
            foreach (var (text, lineLength) in cases)
            {
                Parse(view, text, lineLength);
                _formats.KindOf(text.AsMemory(0, lineLength), isTruncated: false);
            }
        }
    }

    private static byte[] Mutated(Random random, byte[][] lines)
    {
        byte[] line = [.. random.Pick(lines)];
        for (var change = random.Next(5); change > 0 && line.Length > 0; change--)
        {
            var at = random.Next(line.Length);
            switch (random.Next(5))
            {
                case 0:
                    line[at] = (byte)random.Next(256);
                    break;
                case 1:
                    line[at] = line[random.Next(line.Length)];
                    break;
                case 2:
                    line = [.. line.AsSpan(0, at), .. line.AsSpan(Math.Min(at + random.Next(8), line.Length))];
                    break;
                case 3:
                    line = [.. line.AsSpan(0, at), .. random.Pick(lines).AsSpan(), .. line.AsSpan(at)];
                    break;
                default:
                    line[at] = random.Pick("[]{}()<>\"\\:=,. \t\n-|/"u8.ToArray());
                    break;
            }
        }

        return line[..random.Next(random.Next(2) == 0 ? line.Length : 0, line.Length + 1)];
    }

    private void Parse(EntryView view, byte[] text, int lineLength, bool isTruncated = false)
    {
        view.Begin(text, "", isTruncated, lineLength);
        _formats.Parse(view);
    }

    private string See(byte[] text, int lineLength, bool isTruncated = false)
    {
        var view = new EntryView();
        Parse(view, text, lineLength, isTruncated);
        var entry = LogEntry.From(view);
        var seen = new List<string> { view.Kind.ToString() };
        if (entry.Level != LogLevel.None)
        {
            seen.Add(LogLevels.Name(entry.Level));
        }

        if (entry.Time is { } time)
        {
            seen.Add(time.ToString());
        }

        seen.Add($"\"{entry.Message}\"");
        seen.AddRange(entry.Fields.Select(field => $"{field.Key}={field.Value}"));
        return FormatCases.Signs(string.Join(' ', seen));
    }
}
