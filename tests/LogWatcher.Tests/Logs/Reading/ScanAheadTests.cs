using System.Text;
using LogWatcher.Logs;
using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Formats;
using LogWatcher.Logs.Reading;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Logs.Reading;

/// <summary>Files that are scanned ahead, in segments so small that they cut every line somewhere.</summary>
public sealed class ScanAheadTests(ITestOutputHelper output) : IDisposable
{
    private static readonly string[] Filters = ["ERROR", "level >= WARN n = 7", "full", "WARN or level = FATAL", "nowhere"];

    /// <summary>The first read brings so much; only then it is known how the file is encoded, and it may be scanned.</summary>
    private static readonly byte[] BeforeScan =
        [.. Enumerable.Repeat((byte)'x', LineReader.ReadBytes - 7), .. "\nERROR "u8];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_matches_are_those_of_a_reading_line_by_line()
    {
        var random = Randomness.Create(output);
        for (var round = 0; round < 30; round++)
        {
            var file = RandomFile(random);
            var path = _folder["app.log"];
            File.WriteAllBytes(path, file);
            foreach (var filter in Filters)
            {
                var segmentBytes = random.Pick(16, 61, 256, 1000, 4096);
                Read(path, filter, segmentBytes).Should().Equal(
                    LineByLine(file, filter), $"{filter} is searched {segmentBytes} bytes at a time");
            }
        }
    }

    [Fact]
    public void Lines_over_the_bound_are_cut_off_as_ever()
    {
        var text = new StringBuilder();
        for (var line = 0; line < 20; line++)
        {
            text.Append("""{"level":"INFO","n":1}""").Append('\n');
            text.Append("""{"level":"ERROR","pad":""" + "\"" + new string('x', random(line)) + "\"}\n");
        }

        var path = _folder.Write("app.log", text.ToString());
        foreach (var segmentBytes in (int[])[1000, 100_000, 1_000_000])
        {
            using var reader = Open(path, "ERROR", segmentBytes);
            var truncated = 0;
            var found = 0;
            for (var step = reader.Read(); step != HistoryStep.End; step = reader.Read())
            {
                found += step == HistoryStep.Entry ? 1 : 0;
                truncated += step == HistoryStep.Entry && reader.View.IsTruncated ? 1 : 0;
            }

            (found, truncated).Should().Be((20, 10));
        }

        static int random(int line) => line % 2 == 0 ? LineReader.MaxLineBytes + line : 100 * line;
    }

    [Fact]
    public void What_the_file_has_grown_by_is_read_too()
    {
        var path = _folder.Write("app.log", string.Concat(Enumerable.Repeat("INFO quiet\n", 20_000)) + "ERRO");
        using var reader = Open(path, "ERROR", segmentBytes: 64);
        reader.Read().Should().Be(HistoryStep.End, "an incomplete line is taken as it is");
        var again = Open(path, "ERROR", segmentBytes: 64);
        using (again)
        {
            again.GoOnTo(long.MaxValue, HistoryEnd.LeaveRest);
            again.Read().Should().Be(HistoryStep.End);
            again.Position.Should().Be(new LinePosition(220_000));
            File.AppendAllText(path, "R one\nINFO two\nERROR three\n");
            Messages(again).Should().Equal("one", "three");
        }
    }

    [Fact]
    public void A_file_cut_short_under_the_scan_ends_early()
    {
        var random = Randomness.Create(output);
        for (var round = 0; round < 30; round++)
        {
            var path = _folder.Write("app.log", string.Concat(Enumerable.Range(0, 20_000).Select(n => $"ERROR {n}\nINFO {n}\n")));
            using var reader = Open(path, "ERROR", segmentBytes: random.Pick(64, 1000, 4096));
            var (before, after) = (random.Next(5_000), random.Next(100_000));
            var last = -1;
            for (var step = reader.Read(); step != HistoryStep.End; step = reader.Read())
            {
                if (step == HistoryStep.Entry)
                {
                    var number = Encoding.UTF8.GetString(reader.View.Message);
                    number.Should().Be($"{last + 1}"[..Math.Min(number.Length, $"{last + 1}".Length)]);
                    last++;
                    if (last == before)
                    {
                        File.WriteAllText(path, File.ReadAllText(path)[..after]);
                    }
                }
            }

            last.Should().BeLessThan(20_000);
        }
    }

    [Fact]
    public void A_scan_that_is_left_leaves_nothing_at_work()
    {
        var path = _folder.Write("app.log", string.Concat(Enumerable.Repeat("INFO quiet\nERROR loud\n", 20_000)));
        var file = LogFile.TryOpen(path)!;
        using (file)
        {
            for (var round = 0; round < 200; round++)
            {
                // More at a time than there may be: one is refused, and none is if all were given back.
                var scans = Enumerable.Range(0, 5)
                    .Select(_ => ScanAhead.TryBegin(file, Filter.Parse("ERROR"), 0, file.Length(), entriesAreLines: true, segmentBytes: 100))
                    .ToArray();
                scans.Count(scan => scan is null).Should().BeGreaterThanOrEqualTo(1);
                foreach (var scan in scans.OfType<ScanAhead>())
                {
                    scan.TryNext(out _).Should().BeTrue();
                    scan.Dispose();
                }
            }
        }
    }

    /// <summary>For entries over several lines all within a segment's length of a candidate must come with it.</summary>
    [Fact]
    public void What_is_near_a_candidate_is_in_its_stretch()
    {
        const int Segment = 500;
        var random = Randomness.Create(output);
        for (var round = 0; round < 100; round++)
        {
            var text = new StringBuilder();
            while (text.Length < 60_000)
            {
                text.Append(random.Next(150) == 0 ? "ERROR" : "quiet").Append('.', random.Next(120)).Append('\n');
            }

            var bytes = Encoding.UTF8.GetBytes(text.Append("tail").ToString());
            var path = _folder["near.log"];
            File.WriteAllBytes(path, bytes);
            using var file = LogFile.TryOpen(path)!;
            using var scan = ScanAhead.TryBegin(file, Filter.Parse("ERROR"), 0, bytes.Length, entriesAreLines: false, Segment)!;
            var isIn = new bool[bytes.Length];
            while (scan.TryNext(out var stretch))
            {
                (stretch.Offset == 0 || bytes[stretch.Offset - 1] == '\n').Should().BeTrue();
                isIn.AsSpan((int)stretch.Offset, (int)(stretch.End - stretch.Offset)).Fill(true);
            }

            isIn.AsSpan((int)scan.LineStart).Fill(true);
            for (var at = text.ToString().IndexOf("ERROR", StringComparison.Ordinal); at >= 0;)
            {
                isIn[Math.Max(0, at - Segment)..Math.Min(bytes.Length, at + Segment)].Should().NotContain(false);
                at = text.ToString().IndexOf("ERROR", at + 1, StringComparison.Ordinal);
            }

            isIn.Should().Contain(false);
        }
    }

    private static byte[] RandomFile(Random random)
    {
        var file = new List<byte>(random.Next(4) == 0 ? [0xef, 0xbb, 0xbf] : []);
        file.AddRange(BeforeScan);
        for (var count = random.Next(5, 400); count > 0; count--)
        {
            file.AddRange(random.Next(5) > 0 ? """{"level":"INFO","msg":"request served","n":7}"""u8.ToArray() : RandomLines.Next(random));
            file.AddRange(random.Next(6) == 0 ? "\r\n"u8 : random.Next(15) == 0 ? "\n\n"u8 : "\n"u8);
        }

        return random.Next(2) == 0 ? [.. file, .. RandomLines.Next(random)] : [.. file];
    }

    private static List<long> LineByLine(byte[] file, string filter)
    {
        var parsed = Filter.Parse(filter);
        var formats = new LineFormats(TimeProvider.System);
        var entry = new EntryView();
        var found = new List<long>();
        for (var start = file.AsSpan().StartsWith("\ufeff"u8) ? 3 : 0; start < file.Length;)
        {
            var length = file.AsSpan(start).IndexOf((byte)'\n');
            var end = length < 0 ? file.Length : start + length;
            var textEnd = end > start && file[end - 1] == '\r' ? end - 1 : end;
            entry.Begin(file.AsMemory(start, textEnd - start), "");
            formats.Parse(entry);
            if (textEnd > start && parsed.Matches(entry))
            {
                found.Add(start);
            }

            start = end + 1;
        }

        return found;
    }

    private static List<long> Read(string path, string filter, int segmentBytes)
    {
        using var reader = Open(path, filter, segmentBytes);
        var found = new List<long>();
        for (var step = reader.Read(); step != HistoryStep.End; step = reader.Read())
        {
            if (step == HistoryStep.Entry)
            {
                found.Add(reader.EntryOffset);
            }
        }

        return found;
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

    private static HistoryReader Open(string path, string filter, int segmentBytes)
    {
        var reader = new HistoryReader(LogFile.TryOpen(path)!, Filter.Parse(filter), TimeProvider.System, segmentBytes: segmentBytes);
        reader.GoOnTo(long.MaxValue, HistoryEnd.TakeRest);
        return reader;
    }
}
