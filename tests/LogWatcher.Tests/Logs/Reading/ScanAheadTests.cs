using System.Text;
using LogWatcher.Logs;
using LogWatcher.Logs.Filters;
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

    /// <summary>With segments as large as this no file here is scanned.</summary>
    private const int NoScan = 1 << 30;

    private static readonly string[] Table = [.. FormatCases.Read().Select(row => row.Entry).Where(entry => entry.Length > 0)];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Entries_and_cursors_are_those_of_a_reading_line_by_line()
    {
        var random = Randomness.Create(output);
        var found = 0;
        for (var round = 0; round < 40; round++)
        {
            var path = _folder["app.log"];
            File.WriteAllBytes(path, RandomFile(random));
            foreach (var filter in Filters)
            {
                var segmentBytes = random.Pick(16, 61, 256, 1000, 4096);
                var kind = random.Pick(HistoryEnd.TakeRest, HistoryEnd.TakeLines, HistoryEnd.LeaveRest);
                var end = random.Next(2) == 0 ? long.MaxValue : BeforeScan.Length + random.Next(20_000);
                var expected = Read(path, filter, NoScan, end, kind);
                Read(path, filter, segmentBytes, end, kind).Should().Equal(expected, $"{filter} is searched {segmentBytes} bytes at a time");
                found += expected.Count;
            }
        }

        found.Should().BeGreaterThan(1000);
    }

    /// <summary>What comes later may belong to the last entry, and a scan that has got over its head goes back for it.</summary>
    [Fact]
    public void What_a_file_grows_by_makes_the_same_entries()
    {
        var random = Randomness.Create(output);
        for (var round = 0; round < 40; round++)
        {
            var path = _folder["app.log"];
            var filter = random.Pick(Filters);
            var (file, rest) = (RandomFile(random), RandomText(random, random.Next(1, 40)));
            var segmentBytes = random.Pick(16, 256, 4096);
            var kind = random.Pick(HistoryEnd.TakeRest, HistoryEnd.LeaveRest);
            ReadTwice(segmentBytes).Should().Equal(ReadTwice(NoScan), $"{filter} is searched {segmentBytes} bytes at a time");

            List<string> ReadTwice(int bytes)
            {
                File.WriteAllBytes(path, file);
                using var reader = Open(path, filter, bytes);
                reader.GoOnTo(long.MaxValue, HistoryEnd.LeaveRest);
                var found = ReadAll(reader);
                found.Add($"to {reader.Position}");
                using (var more = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite))
                {
                    more.Write(rest);
                }

                reader.GoOnTo(long.MaxValue, kind);
                found.AddRange(ReadAll(reader));
                found.Add($"to {reader.Position}");
                return found;
            }
        }
    }

    /// <summary>All lines end alike, so only the head tells that the file was truncated and written anew: it is looked at behind every segment.</summary>
    [Fact]
    public void A_file_that_is_replaced_by_one_with_the_same_lines_is_known_by_its_head()
    {
        var random = Randomness.Create(output);
        var noticed = 0;
        for (var round = 0; round < 30; round++)
        {
            var path = _folder["app.log"];
            System.IO.File.WriteAllBytes(path, File("first"));
            var expected = Read(path, "ERROR", NoScan, long.MaxValue, HistoryEnd.LeaveRest)[..^1];
            using var reader = Open(path, "ERROR", segmentBytes: random.Pick(1000, 4096, 16_384));
            reader.GoOnTo(long.MaxValue, HistoryEnd.LeaveRest);
            var left = random.Next(expected.Count);
            var found = new List<string>();
            for (var step = reader.Read(); step != HistoryStep.End; step = reader.Read())
            {
                if (step == HistoryStep.Entry)
                {
                    found.Add(Describe(reader));
                    if (left-- == 0)
                    {
                        System.IO.File.WriteAllBytes(path, File("other"));
                    }
                }
            }

            found.Should().Equal(expected.Take(found.Count));
            noticed += found.Count < expected.Count ? 1 : 0;
        }

        noticed.Should().BeGreaterThan(5);

        static byte[] File(string name) => Encoding.UTF8.GetBytes(
            string.Concat(Enumerable.Range(0, 40_000).Select(line => $"{(line % 100 == 0 ? $"ERROR {name}" : "INFO nothing")}{new string('.', 100)}\n")));
    }

    /// <summary>Truncated and written anew, with the same head, at any moment: nothing of the new content passes for the old.</summary>
    [Fact]
    public void A_file_replaced_under_the_scan_is_noticed()
    {
        var random = Randomness.Create(output);
        var noticed = 0;
        for (var round = 0; round < 60; round++)
        {
            var path = _folder["app.log"];
            var file = RandomFile(random);
            var content = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 60_000).Select(n => $"WARN new content, full {n}\n")));
            file.AsSpan(0, ContentMark.MaxHeadBytes).CopyTo(content);
            File.WriteAllBytes(path, file);
            var filter = random.Pick("ERROR", "WARN or level = FATAL", "full");
            var expected = Read(path, filter, NoScan, long.MaxValue, HistoryEnd.LeaveRest)[..^1];
            using var reader = Open(path, filter, segmentBytes: random.Pick(64, 256, 1000));
            reader.GoOnTo(long.MaxValue, HistoryEnd.LeaveRest);
            var isCut = random.Next(3) == 0;
            var left = random.Next(expected.Count + 1);
            var found = new List<string>();
            for (var step = reader.Read(); step != HistoryStep.End; step = reader.Read())
            {
                if (step == HistoryStep.Entry)
                {
                    found.Add(Describe(reader));
                }

                if (left-- == 0)
                {
                    File.WriteAllBytes(path, isCut ? file[..(file.Length - random.Next(8000))] : content);
                }
            }

            found.Should().Equal(expected.Take(found.Count));
            noticed += found.Count < expected.Count ? 1 : 0;
            (found.Count == expected.Count || isCut || !reader.IsFileKept()).Should().BeTrue("what is missing must be looked for");
        }

        output.WriteLine($"{noticed} ended early");
        noticed.Should().BePositive();
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
            again.Position.Should().Be(new LinePosition(219_989), "the last entry may still get lines");
            File.AppendAllText(path, "R one\nINFO two\nERROR three\n");
            again.GoOnTo(long.MaxValue, HistoryEnd.TakeLines);
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
                    .Select(_ => ScanAhead.TryBegin(file, Filter.Parse("ERROR"), TimeProvider.System, 0, file.Length(), default, segmentBytes: 100))
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

    private static byte[] RandomFile(Random random)
    {
        byte[] mark = random.Next(4) == 0 ? [0xef, 0xbb, 0xbf] : [];
        return [.. mark, .. BeforeScan, .. RandomText(random, random.Next(5, 400))];
    }

    /// <summary>Of one kind mostly, as files are: objects, entries over several lines, plain lines, or a mixture of all there is.</summary>
    private static byte[] RandomText(Random random, int count)
    {
        var text = new List<byte>();
        var kind = random.Next(4);
        for (; count > 0; count--)
        {
            text.AddRange((random.Next(8) == 0 ? random.Next(5) : kind) switch
            {
                0 => """{"level":"INFO","msg":"request served","n":7}"""u8.ToArray(),
                1 => Encoding.UTF8.GetBytes($"2026-11-20T10:00:00Z {random.Pick("INFO", "INFO", "ERROR", "WARN")} n={count}"
                    + string.Concat(Enumerable.Repeat($"{random.Pick("\n", "\r\n")} at {random.Pick("a", "b full", "ERROR", "")}", random.Next(4)))),
                2 => Encoding.UTF8.GetBytes(random.Pick("plain", "disk full", "ERROR: quiet", "   moved in, WARN", "", "npm")),
                3 => RandomLines.Next(random),
                _ => FormatCases.Bytes(random.Pick(Table)).Text,
            });
            text.AddRange(random.Next(6) == 0 ? "\r\n"u8 : random.Next(15) == 0 ? "\n\n"u8 : "\n"u8);
        }

        return random.Next(2) == 0 ? [.. text, .. RandomLines.Next(random)] : [.. text];
    }

    private static List<string> Read(string path, string filter, int segmentBytes, long end, HistoryEnd kind)
    {
        using var reader = Open(path, filter, segmentBytes);
        reader.GoOnTo(end, kind);
        return [.. ReadAll(reader), $"to {reader.Position}"];
    }

    private static List<string> ReadAll(HistoryReader reader)
    {
        var found = new List<string>();
        for (var step = reader.Read(); step != HistoryStep.End; step = reader.Read())
        {
            if (step == HistoryStep.Entry)
            {
                found.Add(Describe(reader));
            }
        }

        return found;
    }

    /// <summary>The entry, and the place behind it as cursors have it.</summary>
    private static string Describe(HistoryReader reader) =>
        $"{reader.EntryOffset} {Encoding.UTF8.GetString(reader.View.Text)} {reader.Deliver().Own}";

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
