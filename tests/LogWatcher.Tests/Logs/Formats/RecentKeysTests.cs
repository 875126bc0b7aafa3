using System.Text;
using LogWatcher.Logs;
using LogWatcher.Logs.Formats;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Logs.Formats;

/// <summary>The keys that a line has in common with the one before are not looked at again, and nobody can tell.</summary>
public sealed class RecentKeysTests(ITestOutputHelper output)
{
    private static readonly string[] Keys =
    [
        "\"time\":", "\"level\":", "\"msg\":", "\"service\":", "\"Level\":", "\"leve\\u006c\":", "\"time\": ", "\"time\" :", "\"level\":\t  ",
        "\"a\":", "\"\":", "\"log.level\":", "\"twenty_four_bytes_long__\":", "\"twenty_eight_bytes_long_name\":", "\"twenty_nine_bytes_long_names\":",
        "\"a_name_that_is_longer_than_what_is_kept\":", "\"levels\":", "\"leve\":", "\"level\"", "\"level:", "level:",
    ];

    private static readonly string[] Values =
    [
        "\"INFO\"", "\"ERROR\"", "\"2026-11-20T10:00:00.123Z\"", "\"disk full\"", "3", "-1.5e3", "true", "null", "[1,{\"level\":\"x\"}]",
        "{\"level\":\"WARN\",\"msg\":\"nested\"}", "\"a\\\"b\"", "\"a\\u0041\"", "\"\"", " \"moved in\" ", "\"open", "\"é\"", "\"a very long text, longer than a vector is, at that\"",
    ];

    [Fact]
    public void Lines_are_read_as_if_each_were_the_first()
    {
        var random = Randomness.Create(output);
        var formats = new LineFormats(FormatCases.Clock);
        var view = new EntryView();
        var keys = new List<string> { Keys[0], Keys[1], Keys[2] };
        var found = 0;
        for (var count = 0; count < 100_000; count++)
        {
            // Most lines have the keys of the one before, some one more or less or another, and a few have many.
            Change(random, keys);
            var pairs = keys.Select(key => key + random.Pick<string>(Values));
            var line = Encoding.UTF8.GetBytes("{" + string.Join(random.Next(20) == 0 ? ", " : ",", pairs) + (random.Next(30) == 0 ? "" : "}"));
            found += view.RecentKeys.TryMatch(0, line.AsSpan(1), out _, out _, out _) ? 1 : 0;
            Read(formats, view, line).Should().Be(Read(new LineFormats(FormatCases.Clock), new EntryView(), line), "of {0}", Encoding.UTF8.GetString(line));
        }

        output.WriteLine($"{found} lines began with a key that was kept");
        found.Should().BeGreaterThan(10_000);
    }

    [Fact]
    public void Lines_of_any_format_are_read_as_if_each_were_the_first()
    {
        var random = Randomness.Create(output);
        var formats = new LineFormats(FormatCases.Clock);
        var view = new EntryView();
        for (var count = 0; count < 50_000; count++)
        {
            var line = RandomLines.Next(random);
            Read(formats, view, line).Should().Be(Read(new LineFormats(FormatCases.Clock), new EntryView(), line), "of {0}", Encoding.UTF8.GetString(line));
        }
    }

    [Theory]
    [InlineData(RecentKeys.MaxKeyBytes, 0, RecentKeys.MaxKeyBytes, true)]
    [InlineData(RecentKeys.MaxKeyBytes + 1, 0, 100, false)]
    [InlineData(5, RecentKeys.MaxKeys - 1, 100, true)]
    [InlineData(5, RecentKeys.MaxKeys, 100, false)]
    [InlineData(5, 0, RecentKeys.MaxKeyBytes, true)]
    [InlineData(5, 0, RecentKeys.MaxKeyBytes - 1, false)]
    public void A_key_is_kept_up_to_the_bounds(int length, int number, int lineLength, bool isKept)
    {
        var recent = new RecentKeys();
        var line = Encoding.UTF8.GetBytes($"\"{new string('k', length - 3)}\":".PadRight(lineLength, '1'));
        recent.Keep(number, line, length, length - 3, default);
        recent.TryMatch(number, line, out var lengthBytes, out var nameLength, out _).Should().Be(isKept);
        (lengthBytes, nameLength).Should().Be(isKept ? (length, length - 3) : (0, 0));
        recent.TryMatch(number, Encoding.UTF8.GetBytes(new string('x', 100)), out _, out _, out _).Should().BeFalse();
    }

    [Theory]
    [InlineData("\"abc\":1", 0, true)]
    [InlineData("\"abd\":1", 0, false)]
    [InlineData("\"abc\" :1", 0, false)]
    [InlineData("\"abc\":1", 1, false)]
    public void A_key_is_found_by_its_number_and_only_if_it_is_the_same(string text, int number, bool isFound)
    {
        var recent = new RecentKeys();
        recent.Keep(0, "\"abc\":1234567890123456789012345678901234567890"u8, 6, 3, default);
        recent.TryMatch(number, Encoding.UTF8.GetBytes(text.PadRight(40)), out _, out _, out _).Should().Be(isFound);
    }

    private static void Change(Random random, List<string> keys)
    {
        var place = random.Next(keys.Count + 1);
        switch (random.Next(12))
        {
            case 0 when keys.Count < RecentKeys.MaxKeys + 3:
                keys.Insert(place, random.Pick<string>(Keys));
                break;
            case 1 when keys.Count > 1 && place < keys.Count:
                keys.RemoveAt(place);
                break;
            case 2 when place < keys.Count:
                keys[place] = random.Pick<string>(Keys);
                break;
        }
    }

    /// <summary>All that a view says of a line.</summary>
    private static string Read(LineFormats formats, EntryView view, byte[] line)
    {
        view.Begin(line, "source");
        formats.Parse(view);
        var said = new StringBuilder($"{view.Kind} {view.Level} {view.Time} {Text(view.Message)}");
        for (var index = 0; index < view.FieldCount; index++)
        {
            said.Append($" {Text(view.FieldName(index))}={Text(view.FieldValue(index))}/{view.IsFieldText(index)}");
        }

        return said.ToString();
    }

    private static string Text(ReadOnlySpan<byte> utf8) => Encoding.Latin1.GetString(utf8);
}
