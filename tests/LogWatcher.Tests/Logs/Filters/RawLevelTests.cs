using System.Text;
using LogWatcher.Logs;
using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Formats;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Logs.Filters;

public sealed class RawLevelTests(ITestOutputHelper output)
{
    private static readonly string[] Filters =
    [
        "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "level >= WARN", "level >= ERROR", "level <= DEBUG", "level != INFO",
        "level in (TRACE, FATAL)", "ERROR or WARN", "level >= WARN level != ERROR", "ERROR disk", "ERROR or disk", "level : A",
    ];

    /// <summary>What all skipping by the level stands on: no line is skipped that the whole filter wants.</summary>
    [Fact]
    public void No_line_of_a_wanted_level_is_skipped()
    {
        var random = Randomness.Create(output);
        var filters = Array.ConvertAll(Filters, Filter.Parse);
        var formats = new LineFormats(new ManualTimeProvider());
        var entry = new EntryView();
        var (matched, skipped, inVain) = (0, 0, 0);
        for (var round = 0; round < 60_000; round++)
        {
            var line = RandomLines.Next(random);
            entry.Begin(line, "app.log");
            formats.Parse(entry);
            for (var index = 0; index < filters.Length; index++)
            {
                var matches = filters[index].Matches(entry);
                var mayMatch = filters[index].MayMatch(line);
                (mayMatch || !matches).Should().BeTrue($"{Filters[index]} matches {Encoding.UTF8.GetString(line)}");
                matched += matches ? 1 : 0;
                skipped += mayMatch ? 0 : 1;
                inVain += mayMatch && !matches ? 1 : 0;
            }
        }

        output.WriteLine($"{matched} matched, {skipped} were skipped, {inVain} were looked at in vain");
        matched.Should().BeGreaterThan(50_000);
        skipped.Should().BeGreaterThan(inVain);
    }

    /// <summary>A search that keeps what it has found ahead finds the same candidates as one that begins anew behind each.</summary>
    [Theory]
    [InlineData(MarkScanner.MinPlaces, 32)]
    [InlineData(100, 1024)]
    [InlineData(256, 16 * 1024)]
    public void What_was_found_ahead_is_not_lost(int places, int bytesAtOnce)
    {
        var random = Randomness.Create(output);
        var filters = Array.ConvertAll(Filters, Filter.Parse);
        for (var round = 0; round < 500; round++)
        {
            var buffer = Enumerable.Range(0, random.Next(1, 100)).SelectMany(_ => (byte[])[.. RandomLines.Next(random), (byte)'\n']).ToArray();
            var filter = random.Pick(filters);
            var hits = new MarkHits(new int[places], bytesAtOnce);
            for (var start = 0; start < buffer.Length;)
            {
                var anew = filter.IndexOfCandidate(buffer.AsSpan(start));
                var found = filter.IndexOfCandidate(buffer, start, ref hits);
                found.Should().Be(anew < 0 ? -1 : start + anew, $"{filter.Text} in {Encoding.UTF8.GetString(buffer.AsSpan(start))}");
                if (found < 0)
                {
                    break;
                }

                start = found + buffer.AsSpan(found).IndexOf((byte)'\n') + 1;
            }
        }
    }

    [Fact]
    public void Too_little_room_for_what_is_found_ahead_is_refused()
    {
        Action make = () => _ = new MarkHits(new int[MarkScanner.MinPlaces - 1], bytesAtOnce: 1024);
        make.Should().Throw<ArgumentException>().WithMessage("*65 places*not for 64*");
    }

    /// <summary>The same for all that the table of formats has.</summary>
    [Fact]
    public void No_entry_of_the_formats_table_is_skipped()
    {
        var filters = Array.ConvertAll(Filters, Filter.Parse);
        var formats = new LineFormats(FormatCases.Clock);
        var entry = new EntryView();
        foreach (var text in FormatCases.Read().Select(row => row.Entry).Where(text => text.Length > 0))
        {
            var (bytes, lineLength) = FormatCases.Bytes(text);
            entry.Begin(bytes, "app.log", isTruncated: false, lineLength);
            formats.Parse(entry);
            for (var index = 0; index < filters.Length; index++)
            {
                if (filters[index].Matches(entry))
                {
                    filters[index].MayMatch(bytes).Should().BeTrue($"{Filters[index]} matches {text}");
                    filters[index].IndexOfCandidate([.. bytes, (byte)'\n']).Should().BeGreaterThanOrEqualTo(0);
                }
            }
        }
    }

    [Fact]
    public void A_buffer_holds_a_candidate_in_every_line_of_a_wanted_level()
    {
        var random = Randomness.Create(output);
        var filters = Array.ConvertAll(Filters, Filter.Parse);
        for (var round = 0; round < 2_000; round++)
        {
            // Mostly quiet lines of one kind, as logs have them, so that the search gets over many at a time.
            var lines = Enumerable.Range(0, random.Next(1, 200))
                .Select(_ => random.Next(10) > 0 ? """{"level":"INFO","msg":"request served","n":3}"""u8.ToArray() : RandomLines.Next(random))
                .ToArray();
            var buffer = lines.SelectMany(line => (byte[])[.. line, (byte)'\n']).ToArray();
            var index = random.Next(filters.Length);
            var found = new HashSet<int>();
            for (var start = 0; start < buffer.Length;)
            {
                var candidate = filters[index].IndexOfCandidate(buffer.AsSpan(start));
                if (candidate < 0)
                {
                    break;
                }

                found.Add(buffer.AsSpan(0, start + candidate).LastIndexOf((byte)'\n') + 1);
                start += candidate + buffer.AsSpan(start + candidate).IndexOf((byte)'\n') + 1;
            }

            var offset = 0;
            foreach (var line in lines)
            {
                (found.Contains(offset) || !filters[index].MayMatch(line)).Should()
                    .BeTrue($"{Filters[index]} may match {Encoding.UTF8.GetString(line)}");
                offset += line.Length + 1;
            }
        }
    }

    [Theory]
    [InlineData("""{"time":"2026-11-20T10:00:00Z","level":"INFO","msg":"an \"error\" in level","sev":"x"}""")]
    [InlineData("""{"LEVEL" : "Debug" , "severity":6}""")]
    [InlineData("""{"level":30,"msg":"status 50","status":500}""")]
    [InlineData("""{"level":"info","msg":"a\nb \u003cerror\u003e"}""")]
    [InlineData("""{"log":"2026-11-20T10:00:00Z INFO errors: 3\n","stream":"stderr"}""")]
    [InlineData("""time=2026-11-20T10:00:00Z level=info msg="errors: 3" n=3""")]
    [InlineData("2026-11-20T10:00:00.123Z INFO [api] errors: 3")]
    [InlineData("I1120 10:00:00.123456       1 file.go:12] INFO failed")]
    [InlineData("<30>Nov 20 10:00:00 host app[12]: level=info")]
    [InlineData("10.0.0.1 - - [20/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 500")]
    public void Lines_of_other_levels_are_skipped(string line)
    {
        Filter.Parse("ERROR").MayMatch(Encoding.UTF8.GetBytes(line)).Should().BeFalse();
        Filter.Parse("INFO or DEBUG").MayMatch(Encoding.UTF8.GetBytes(line)).Should().BeTrue();
    }

    [Theory]
    [InlineData("""{"level":"info","Level":"error"}""")]
    [InlineData("""{"a":{"log":{"level":"error"}}}""")]
    [InlineData("""{"le\u0076el":"error"}""")]
    [InlineData("""{"level":"err\u006Fr"}""")]
    [InlineData("""{"log":"{\"level\":\"error\"}\n"}""")]
    [InlineData("""{"log":"\tE  db\n"}""")]
    [InlineData("""level="e\rror" """)]
    [InlineData("lvl=50")]
    [InlineData("10:00:00E|a")]
    public void What_may_be_a_wanted_level_is_looked_at(string line) =>
        Filter.Parse("ERROR").MayMatch(Encoding.UTF8.GetBytes(line)).Should().BeTrue();
}
