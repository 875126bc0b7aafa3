using System.Text;
using LogWatcher.Logs.Reading;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Logs.Reading;

public sealed class LineReaderTests
{
    private static readonly UnicodeEncoding LittleEndian = new(bigEndian: false, byteOrderMark: true);
    private static readonly UnicodeEncoding BigEndian = new(bigEndian: true, byteOrderMark: true);

    public static TheoryData<string, byte[], string[], long[]> Files => new()
    {
        { "plain", Utf8("a\nbc\n"), ["a", "bc"], [0, 2] },
        { "empty", [], [], [] },
        { "no end", Utf8("a\nbc"), ["a", "bc"], [0, 2] },
        { "returns", Utf8("a\r\nb\rc\r\n\r\nd\r"), ["a", "b\rc", "", "d"], [0, 3, 8, 10] },
        { "mark", [0xef, 0xbb, 0xbf, .. Utf8("a\nb\n")], ["a", "b"], [3, 5] },
        { "mark only", [0xef, 0xbb, 0xbf], [], [] },
        { "half a mark", [0xef, 0xbb], ["\uFFFD"], [0] },
        { "a mark further on", Utf8("a\n\uFEFFb\n"), ["a", "\uFEFFb"], [0, 2] },
        { "bad", [0xff, (byte)'a', 0xc3, (byte)'\n', 0xe2, 0x82], ["\uFFFDa\uFFFD", "\uFFFD"], [0, 4] },
        { "UTF-16LE", [.. LittleEndian.GetPreamble(), .. LittleEndian.GetBytes("añ€\r\n😀b\nc")], ["añ€", "😀b", "c"], [2, 12, 20] },
        { "UTF-16BE", [.. BigEndian.GetPreamble(), .. BigEndian.GetBytes("añ€\r\n😀b\nc")], ["añ€", "😀b", "c"], [2, 12, 20] },
        { "UTF-16 cut", [0xff, 0xfe, 0x61, 0x00, 0x3d, 0xd8], ["a\uFFFD"], [2] },
        { "UTF-16 odd", [0xff, 0xfe, 0x61, 0x00, 0x62], ["a\uFFFD"], [2] },
        { "UTF-16 lone", [0xfe, 0xff, 0xdc, 0x00, 0x00, 0x0a, 0x00, 0x61], ["\uFFFD", "a"], [2, 6] },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void Lines_are_the_same_however_the_bytes_come(string name, byte[] bytes, string[] lines, long[] offsets)
    {
        var expected = lines.Zip(offsets).ToArray();
        for (var first = 0; first <= bytes.Length; first++)
        {
            for (var second = first; second <= bytes.Length; second++)
            {
                using var reader = new LineReader(new SplitStream(bytes, first, second), LinePosition.Start);
                ReadAll(reader).Select(line => (line.Text, line.Offset)).Should().Equal(expected, "{0} is split at {1} and {2}", name, first, second);
            }
        }

        using var byteByByte = new LineReader(new MemoryStream(bytes), LinePosition.Start, readBytes: 1);
        ReadAll(byteByByte).Select(line => (line.Text, line.Offset)).Should().Equal(expected);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Reading_goes_on_at_any_position(string name, byte[] bytes, string[] lines, long[] offsets)
    {
        using var folder = new TempFolder();
        using var file = LogFile.TryOpen(folder.Write("app.log", bytes))!;
        for (var line = 0; line < lines.Length; line++)
        {
            using var reader = file.ReadLines(new LinePosition(offsets[line]));
            ReadAll(reader).Select(read => read.Text).Should().Equal(lines[line..], "{0} is begun at line {1}", name, line);
        }
    }

    [Theory]
    [InlineData(LineReader.MaxLineBytes, "\n", false)]
    [InlineData(LineReader.MaxLineBytes, "\r\n", false)]
    [InlineData(LineReader.MaxLineBytes, "", false)]
    [InlineData(LineReader.MaxLineBytes + 1, "\n", true)]
    [InlineData(LineReader.MaxLineBytes + 1, "\r\n", true)]
    [InlineData(LineReader.MaxLineBytes + 1, "", true)]
    [InlineData(LineReader.MaxLineBytes + 2, "\n", true)]
    [InlineData(5 * LineReader.MaxLineBytes, "\n", true)]
    [InlineData(5 * LineReader.MaxLineBytes, "", true)]
    public void Of_a_line_that_is_too_long_the_beginning_stays_and_the_file_goes_on(int length, string end, bool isTruncated)
    {
        var bytes = Utf8("first\n" + new string('x', length) + end + (end.Length > 0 ? "last\n" : ""));
        foreach (var readBytes in new[] { LineReader.ReadBytes, 4096, 1_000_003 })
        {
            using var reader = new LineReader(new MemoryStream(bytes), LinePosition.Start, readBytes);
            var lines = ReadAll(reader);
            lines.Should().HaveCount(end.Length > 0 ? 3 : 2);
            lines[1].Text.Length.Should().Be(Math.Min(length, LineReader.MaxLineBytes));
            lines[1].IsTruncated.Should().Be(isTruncated);
            if (end.Length > 0)
            {
                lines[2].Should().Be(("last", 6 + length + end.Length, false));
            }
        }
    }

    [Fact]
    public void A_long_line_is_not_cut_within_a_character()
    {
        using var reader = new LineReader(new MemoryStream(Utf8("x" + new string('€', LineReader.MaxLineBytes / 2))), LinePosition.Start);
        var line = ReadAll(reader).Single();
        line.IsTruncated.Should().BeTrue();
        line.Text.Should().Be("x" + new string('€', (LineReader.MaxLineBytes - 1) / 3));
    }

    [Fact]
    public void A_position_in_a_long_line_skips_the_rest_of_it()
    {
        var bytes = Utf8(new string('x', 2 * LineReader.MaxLineBytes) + "\nlast\n");
        using var first = new LineReader(new MemoryStream(bytes), LinePosition.Start);
        LogLine line;
        while (!first.TryRead(out line))
        {
            first.Fill().Should().BePositive();
        }

        first.Position.Should().Be(new LinePosition(LineReader.MaxLineBytes, LineInside.LongLine));
        using var second = new LineReader(new MemoryStream(bytes), first.Position);
        ReadAll(second).Should().Equal(("last", (long)bytes.Length - 5, false));
    }

    [Theory]
    [InlineData("\n", "b")]
    [InlineData("\r\n", "b")]
    [InlineData("c\n", "c,b")]
    [InlineData("\r", "")]
    public void The_end_of_a_line_that_was_taken_without_it_makes_no_line(string later, string expected)
    {
        foreach (var isOneByOne in new[] { false, true })
        {
            using var bytes = new MemoryStream();
            using var reader = new LineReader(bytes, LinePosition.Start, isOneByOne ? 1 : 100);
            Append(bytes, "a");
            Lines(reader).Should().BeEmpty();
            reader.HasRest.Should().BeTrue();
            reader.TryReadRest(out var rest).Should().BeTrue();
            Encoding.UTF8.GetString(rest.Text.Span).Should().Be("a");
            reader.Position.Should().Be(new LinePosition(1, LineInside.TakenLine));
            Append(bytes, later);
            Append(bytes, expected.Length > 0 ? "b\n" : "");
            string.Join(',', Lines(reader)).Should().Be(expected);
        }
    }

    [Fact]
    public void A_file_that_grows_is_read_on()
    {
        using var bytes = new MemoryStream();
        using var reader = new LineReader(bytes, LinePosition.Start);
        foreach (var piece in new[] { "\u00EF", "a\nb", "", "c\n", "\n", "d" })
        {
            Append(bytes, piece);
            Lines(reader).Should().Equal(piece switch { "a\nb" => ["\u00EFa"], "c\n" => ["bc"], "\n" => [""], _ => [] });
        }
    }

    [Fact]
    public void Whole_lines_can_be_looked_at_and_skipped()
    {
        using var reader = new LineReader(new MemoryStream(Utf8("\uFEFFa\nbb\nccc")), LinePosition.Start);
        reader.PeekLines().Span.IsEmpty.Should().BeTrue();
        reader.Fill();
        Encoding.UTF8.GetString(reader.PeekLines().Span).Should().Be("a\nbb\n");
        reader.Skip(2);
        reader.Position.Offset.Should().Be(5);
        reader.TryRead(out var line).Should().BeTrue();
        Encoding.UTF8.GetString(line.Text.Span).Should().Be("bb");
        reader.PeekLines().Span.IsEmpty.Should().BeTrue();
    }

    [Fact]
    public void Nothing_is_read_behind_a_given_end()
    {
        using var reader = new LineReader(new MemoryStream(Utf8("a\nbb\ncc")), LinePosition.Start);
        reader.Fill(3).Should().Be(3);
        reader.Fill(3).Should().Be(0);
        reader.TryRead(out _).Should().BeTrue();
        reader.TryRead(out _).Should().BeFalse();
        reader.TryReadRest(out var rest).Should().BeTrue();
        Encoding.UTF8.GetString(rest.Text.Span).Should().Be("b");
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static void Append(MemoryStream stream, string text)
    {
        var position = stream.Position;
        stream.Seek(0, SeekOrigin.End);
        stream.Write(Utf8(text));
        stream.Position = position;
    }

    private static List<string> Lines(LineReader reader)
    {
        var lines = new List<string>();
        do
        {
            while (reader.TryRead(out var line))
            {
                lines.Add(Encoding.UTF8.GetString(line.Text.Span));
            }
        }
        while (reader.Fill() > 0);
        return lines;
    }

    private static List<(string Text, long Offset, bool IsTruncated)> ReadAll(LineReader reader)
    {
        var lines = new List<(string, long, bool)>();
        LogLine line;
        do
        {
            while (reader.TryRead(out line))
            {
                Add();
            }
        }
        while (reader.Fill() > 0);
        if (reader.TryReadRest(out line))
        {
            Add();
        }

        return lines;

        void Add() => lines.Add((Encoding.UTF8.GetString(line.Text.Span), line.Offset, line.IsTruncated));
    }
}
