using System.Text;
using LogWatcher.Logs;
using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Reading;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Logs.Reading;

/// <summary>Entries over several lines (logs.md, "Formats").</summary>
public sealed class EntryReaderTests(ITestOutputHelper output) : IDisposable
{
    private const string Head = "2026-11-20T10:00:00Z ERROR boom";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("H|a|b|H|c", "Hab Hc")]
    [InlineData("a|b|H|c|d", "a b Hcd")]
    [InlineData("a|b|c", "a b c")]
    [InlineData("H|a|S|b|c", "Ha S b c")]
    [InlineData("S|S|H|S|H|a", "S S H S Ha")]
    [InlineData("H||a|||H|b||", "H_a Hb")]
    [InlineData("||H||S", "H S")]
    [InlineData("H|T|a", "H Ta")]
    public void Plain_lines_behind_a_head_belong_to_it(string lines, string entries)
    {
        var text = string.Concat(lines.Split('|').Select(line => Line(line) + "\n"));
        string.Join(' ', Read(text).Select(Short)).Should().Be(entries);
        string.Join(' ', Read(text.Replace("\n", "\r\n", StringComparison.Ordinal)).Select(Short)).Should().Be(entries);
        string.Join(' ', Read(text.TrimEnd('\n')).Select(Short)).Should().Be(entries, "a last line without an end belongs to its entry too");

        static string Line(string line) => line switch
        {
            "H" => Head,
            "T" => "WARN other",
            "S" => """{"msg":"s"}""",
            _ => line,
        };

        static string Short(string entry) => entry.Replace("\r", "", StringComparison.Ordinal).Replace("\n\n", "_", StringComparison.Ordinal)
            .Replace("\n", "", StringComparison.Ordinal).Replace(Head, "H", StringComparison.Ordinal)
            .Replace("WARN other", "T", StringComparison.Ordinal).Replace("""{"msg":"s"}""", "S", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(EntryReader.MaxEntryLines - 1, 1)]
    [InlineData(EntryReader.MaxEntryLines, 2)]
    [InlineData(EntryReader.MaxEntryLines + 1, 3)]
    public void An_entry_has_a_thousand_lines_at_most(int plainLines, int entries)
    {
        var text = $"{Head}\n" + string.Concat(Enumerable.Range(0, plainLines).Select(line => $"\tat line {line}\n"));
        var read = Read(text);
        read.Should().HaveCount(entries);
        read[0].Split('\n').Should().HaveCount(Math.Min(plainLines + 1, EntryReader.MaxEntryLines));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    public void An_entry_has_256_KiB_at_most(int above, int entries)
    {
        var rest = new string('x', EntryReader.MaxEntryBytes - Head.Length - 1 + above);
        Read($"{Head}\n{rest}\n").Should().HaveCount(entries);
    }

    /// <summary>Whatever is skipped in bulk, a match in any line of an entry gives all of it, and what is no match nothing.</summary>
    [Fact]
    public void Skipping_in_bulk_finds_the_same_entries()
    {
        var random = Randomness.Create(output);
        for (var round = 0; round < 300; round++)
        {
            var text = new StringBuilder();
            var lines = random.Next(1, 4000);
            for (var line = 0; line < lines; line++)
            {
                var word = random.Next(200) == 0 ? "needle" : "straw";
                text.Append(random.Next(6) switch
                {
                    0 => $"{Head} {word}",
                    1 => $$"""{"msg":"{{word}}"}""",
                    2 when random.Next(20) == 0 => "",
                    3 => $"{{ {word} }}",
                    _ => new string(' ', random.Next(100)) + word,
                }).Append(random.Next(8) == 0 ? "\r\n" : "\n");
            }

            var all = Read(text.ToString());
            var path = _folder.Write("app.log", text.ToString());
            using var reader = new HistoryReader(LogFile.TryOpen(path)!, Filter.Parse("needle"), TimeProvider.System);
            reader.GoOnTo(long.MaxValue, HistoryEnd.TakeRest);
            var found = new List<string>();
            for (var step = reader.Read(); step != HistoryStep.End; step = reader.Read())
            {
                if (step == HistoryStep.Entry)
                {
                    found.Add(Encoding.UTF8.GetString(reader.View.Text));
                }
            }

            found.Should().Equal(all.Where(entry => entry.Contains("needle", StringComparison.Ordinal)), "round {0}", round);
        }
    }

    /// <summary>A reader that begins where another stood goes on exactly there.</summary>
    [Fact]
    public void A_position_is_an_entrys_end()
    {
        var text = $"{Head}\n a\n b\n{Head}\n c\nlast\n";
        using var reader = Open(text, LinePosition.Start);
        reader.Fill().Should().Be(text.Length);
        reader.TryRead().Should().BeTrue();
        var position = reader.Position;
        position.Should().Be(new LinePosition(text.LastIndexOf(Head, StringComparison.Ordinal)));
        reader.TryRead().Should().BeFalse("more lines may come");
        reader.IsOpen.Should().BeTrue();
        reader.Position.Should().Be(position, "the open entry is ahead");
        reader.TryRead(before: text.Length).Should().BeTrue("nothing behind the end counts");
        Encoding.UTF8.GetString(reader.View.Text).Should().Be($"{Head}\n c\nlast");
        reader.Position.Should().Be(new LinePosition(text.Length));
    }

    private static List<string> Read(string text)
    {
        var entries = new List<string>();
        using var reader = Open(text, LinePosition.Start);
        for (var read = 1; read > 0;)
        {
            read = reader.Fill();
            while (reader.TryRead() || (read == 0 && reader.TryReadRest()))
            {
                entries.Add(Encoding.UTF8.GetString(reader.View.Text));
            }
        }

        return entries;
    }

    private static EntryReader Open(string text, LinePosition from) =>
        new(new LineReader(new MemoryStream(Encoding.UTF8.GetBytes(text)), from), "app.log", TimeProvider.System);
}
