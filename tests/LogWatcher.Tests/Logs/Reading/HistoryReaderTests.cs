using System.IO.Compression;
using System.Text;
using LogWatcher.Logs;
using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Reading;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Logs.Reading;

public sealed class HistoryReaderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("nowhere")]
    [InlineData("n < 0 and level = INFO")]
    [InlineData("logfmt")]
    public void A_line_that_does_not_match_costs_no_memory(string filter)
    {
        const int Lines = 20_000;
        var text = new StringBuilder();
        for (var line = 0; line < Lines; line += 5)
        {
            text.Append("""
                {"time":"2026-11-20T10:00:00Z","level":"info","msg":"request \"one\" done","n":1,"o":{"a":[1]}}
                time=2026-11-20T10:00:00Z level=info msg="log \"fmt\"" n=2
                2026-11-20 10:00:00,123 [main] INFO  com.acme.App - log fmt
                Nov 20 10:00:00 no level, n=1
                E1120 10:00:00.123456       1 file.go:12] disk full

                """);
        }

        var path = _folder.Write("app.log", text.ToString());
        ReadAll(path, filter);
        var before = GC.GetAllocatedBytesForCurrentThread();
        ReadAll(path, filter);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(Lines, "that is less than a byte a line");
    }

    /// <summary>Where a reader is to begin is told by somebody who has looked before: by now the file may have been cut.</summary>
    [Fact]
    public void A_file_that_is_shorter_than_the_place_to_begin_at_was_cut()
    {
        using var folder = new TempFolder();
        var path = folder.Write("app.log", "a line\n");
        using var reader = new HistoryReader(LogFile.TryOpen(path)!, Filter.Parse(""), TimeProvider.System, new LinePosition(14));
        reader.GoOnTo(long.MaxValue, HistoryEnd.LeaveRest);
        folder.Append("app.log", "another line\nand one more\n");

        reader.Read().Should().Be(HistoryStep.End);
        reader.IsFileKept().Should().BeFalse();
    }

    /// <summary>What is held is read though the file is cut; more than there is can't be held, but in a compressed file, whose end comes yet.</summary>
    [Theory]
    [InlineData("app.log", 8, true)]
    [InlineData("app.log", 9, false)]
    [InlineData("app.log.gz", 8, true)]
    [InlineData("app.log.gz", 9, true)]
    public void Holds_what_is_still_to_be_read(string name, long end, bool expected)
    {
        var path = _folder[name];
        using (var target = name.EndsWith(".gz", StringComparison.Ordinal)
            ? (Stream)new GZipStream(File.Create(path), CompressionLevel.Fastest)
            : File.Create(path))
        {
            target.Write("one\ntwo\n"u8);
        }

        using var reader = new HistoryReader(LogFile.TryOpen(path)!, Filter.Parse(""), TimeProvider.System);
        reader.GoOnTo(end, HistoryEnd.LeaveRest);

        reader.TryHoldAll().Should().Be(expected);
        File.WriteAllText(path, "");

        reader.Read().Should().Be(HistoryStep.Entry);
        reader.Read().Should().Be(HistoryStep.Entry);
        Encoding.UTF8.GetString(reader.View.Text).Should().Be("two");
    }

    /// <summary>As most of those are that a watch is resumed with. They come first: what was written behind one of them has its own time.</summary>
    [Fact]
    public void Files_with_nothing_new_cost_no_buffers()
    {
        const int Files = 300;
        using var history = new History(Filter.Parse(""), TimeProvider.System);
        var done = new List<HistoryReader>();
        for (var number = 0; number < Files; number++)
        {
            var file = LogFile.TryOpen(_folder.Write($"{number}.log", $"2026-11-20T08:00:00Z INFO done {number}\n"))!;
            done.Add(history.Add(file, new LinePosition(file.Length())));
            done[^1].GoOnTo(long.MaxValue, HistoryEnd.TakeLines);
        }

        // One is behind a file with nothing new, and earlier than the other.
        foreach (var (name, minute, behind) in new[] { ("late.log", 9, null), ("early.log", 8, done[0]) })
        {
            history.Add(LogFile.TryOpen(_folder.Write(name, $"2026-11-20T09:0{minute}:00Z INFO {name}\n"))!, default, behind)
                .GoOnTo(long.MaxValue, HistoryEnd.TakeLines);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        history.Read().OfType<HistoryReader>().Select(reader => Encoding.UTF8.GetString(reader.View.Message)).Should().Equal("early.log", "late.log");
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(Files * 4096);
    }

    /// <summary>By then something has come: without a time of its own, it stands at the one before it.</summary>
    [Fact]
    public void What_comes_to_a_file_with_nothing_new_stands_at_the_time_before_it()
    {
        using var history = new History(Filter.Parse(""), TimeProvider.System);
        var file = LogFile.TryOpen(_folder.Write("a.log", "2026-11-20T10:05:00Z INFO old\n"))!;
        history.Add(file, new LinePosition(file.Length())).GoOnTo(long.MaxValue, HistoryEnd.TakeLines);
        history.Add(LogFile.TryOpen(_folder.Write("b.log", "2026-11-20T10:00:00Z INFO b1\n2026-11-20T10:10:00Z INFO b2\n"))!)
            .GoOnTo(long.MaxValue, HistoryEnd.TakeLines);
        history.Read().OfType<HistoryReader>().Take(1).Select(reader => Encoding.UTF8.GetString(reader.View.Message)).Should().Equal("b1");

        // Asked again, it begins with the entry whose turn it was.
        _folder.Append("a.log", "new\n");
        history.Read().OfType<HistoryReader>().Select(reader => Encoding.UTF8.GetString(reader.View.Message)).Should().Equal("b1", "new", "b2");
    }

    [Fact]
    public void A_file_gives_pauses_at_least_every_mebibyte()
    {
        var path = _folder.Write("app.log", string.Concat(Enumerable.Repeat("INFO nothing to see here\n", 400_000)));
        using var reader = Open(path, "nowhere");
        var pauses = 0;
        for (var step = reader.Read(); step != HistoryStep.End; step = reader.Read())
        {
            pauses++;
            (reader.Position.Offset / pauses).Should().BeLessThanOrEqualTo(HistoryReader.PauseBytes + LineReader.ReadBytes);
        }

        pauses.Should().BeGreaterThan(5);
    }

    [Fact]
    public void An_end_is_kept_to_the_line()
    {
        var path = _folder.Write("app.log", "info a\ninfo b\ninfo c\ninfo d");
        using var reader = Open(path, "info");
        reader.GoOnTo(14, HistoryEnd.LeaveRest);
        Messages(reader).Should().Equal("info a", "info b");
        reader.Position.Should().Be(new LinePosition(14));
        reader.GoOnTo(long.MaxValue, HistoryEnd.LeaveRest);
        Messages(reader).Should().Equal("info c");
        reader.Position.Should().Be(new LinePosition(21));
        reader.GoOnTo(long.MaxValue, HistoryEnd.TakeRest);
        Messages(reader).Should().Equal("info d");
    }

    [Fact]
    public void Blank_lines_before_an_end_are_no_way_over_it()
    {
        using var reader = Open(_folder.Write("app.log", "info a\n\n\ninfo b\n"), "info");
        reader.GoOnTo(9, HistoryEnd.LeaveRest);
        Messages(reader).Should().Equal("info a");
        reader.Position.Should().Be(new LinePosition(9));
        reader.GoOnTo(long.MaxValue, HistoryEnd.LeaveRest);
        Messages(reader).Should().Equal("info b");
    }

    /// <summary>Words at every place in lines of all lengths: what is skipped in bulk never holds a match.</summary>
    [Fact]
    public void Skipping_in_bulk_loses_nothing()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var expected = new List<string>();
        var text = new StringBuilder();
        for (var line = 0; line < 20_000; line++)
        {
            var words = new string('x', random.Next(120));
            var isMatch = random.Next(50) == 0;
            var content = isMatch ? words.Insert(random.Next(words.Length + 1), "Needle") : words + ".";
            text.Append(content).Append(random.Next(2) == 0 ? "\r\n" : "\n");
            if (isMatch)
            {
                expected.Add(content);
            }
        }

        using var reader = Open(_folder.Write("app.log", text.ToString()), "needle");
        Messages(reader).Should().Equal(expected, "the seed is {0}", seed);
    }

    private static HistoryReader Open(string path, string filter)
    {
        var reader = new HistoryReader(LogFile.TryOpen(path)!, Filter.Parse(filter), TimeProvider.System);
        reader.GoOnTo(long.MaxValue, HistoryEnd.TakeRest);
        return reader;
    }

    private static void ReadAll(string path, string filter)
    {
        using var reader = Open(path, filter);
        while (reader.Read() != HistoryStep.End)
        {
        }
    }

    private static List<string> Messages(HistoryReader reader)
    {
        var messages = new List<string>();
        for (var step = reader.Read(); step != HistoryStep.End; step = reader.Read())
        {
            if (step == HistoryStep.Entry)
            {
                messages.Add(Encoding.UTF8.GetString(reader.View.Message));
            }
        }

        return messages;
    }
}
