using System.Text;
using LogWatcher.Logs;
using LogWatcher.Logs.Formats;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Logs;

/// <summary>What is copied of an entry, in one piece or part by part.</summary>
public sealed class EntryTextTests(ITestOutputHelper output)
{
    [Fact]
    public void The_parts_are_those_of_the_view_in_valid_UTF8_and_each_name_once()
    {
        var random = Randomness.Create(output);
        var formats = new LineFormats(FormatCases.Clock);
        var view = new EntryView();
        var reused = EntryText.ForReuse();
        for (var count = 0; count < 100_000; count++)
        {
            var line = random.Next(4) == 0 ? OddLine(random) : RandomLines.Next(random);
            view.Begin(line, "source");
            formats.Parse(view);
            Parts(EntryText.Of(view)).Should().Equal(Expected(view), "of {0}", Encoding.UTF8.GetString(line));
            Parts(EntryText.Of(view, reused)).Should().Equal(Expected(view), "of {0}, written over another", Encoding.UTF8.GetString(line));
        }
    }

    /// <summary>The room that an entry needed is used for the next, unless it was a huge one.</summary>
    [Theory]
    [InlineData(EntryText.MaxReusedBytes, true)]
    [InlineData(EntryText.MaxReusedBytes + 1, false)]
    public void Room_is_reused_up_to_a_bound(int messageBytes, bool isKept)
    {
        var reused = EntryText.ForReuse();
        var view = new EntryView();
        foreach (var length in (int[])[messageBytes, 1])
        {
            view.Begin(Encoding.UTF8.GetBytes(new string('m', length)), "source");
            new LineFormats(FormatCases.Clock).Parse(view);
            EntryText.Of(view, reused).Should().BeSameAs(reused);
            Exact(reused.Message).Should().Be(new string('m', length));
        }

        reused.LengthBytes.Should().Be(isKept ? EntryText.MaxReusedBytes : 1);
    }

    [Theory]
    [InlineData("{\"a\":\"x\",\"msg\":\"m\",\"b\":\"y\"}")]
    [InlineData("{\"msg\":\"m\\n\\\"\",\"b\":\"\\u00e9\"}")]
    [InlineData("{\"msg\":\"\",\"b\":\"\"}")]
    [InlineData("{}")]
    [InlineData("plain")]
    [InlineData("{\"o\":{\"p\":{\"q\":1}},\"gone\":null,\"msg\":\"m\"}")]
    public void The_copy_lives_on_when_the_view_goes_to_the_next_line(string line)
    {
        var formats = new LineFormats(FormatCases.Clock);
        var view = new EntryView();
        var bytes = Encoding.UTF8.GetBytes(line);
        view.Begin(bytes, "source");
        formats.Parse(view);
        var expected = Expected(view);
        var text = EntryText.Of(view);
        Array.Fill(bytes, (byte)'?');
        view.Begin("{\"other\":\"line \\u0041\",\"msg\":\"\\u0042\"}"u8.ToArray(), "source");
        formats.Parse(view);
        Parts(text).Should().Equal(expected);
    }

    /// <summary>Unescaped, they stand side by side, and two halves make one character.</summary>
    [Fact]
    public void Halves_of_a_character_are_no_character_between_two_texts()
    {
        byte[] line = [.. "{\"msg\":\"\\n"u8, 0xe2, 0x82, .. "\",\"k\":\""u8, 0xac, .. "\\n\"}"u8];
        Parts(Of(line)).Should().Equal("\n\uFFFD", "k=\uFFFD\n");
    }

    /// <summary>Names that hold all they stand in: 20 KB of a line would make 12 MB, and one of 1 MiB gigabytes.</summary>
    [Fact]
    public void The_names_of_nested_keys_stay_within_a_bound()
    {
        const int Keys = 100_000;
        const int MaxBytes = 5 << 20;
        var line = Encoding.UTF8.GetBytes(
            $"{{\"{new string('p', 300_000)}\":{{{string.Join(",", Enumerable.Range(0, Keys).Select(key => $"\"{key}\":1"))}}},\"msg\":\"m\"}}");
        line.Length.Should().BeGreaterThan(1 << 20);
        var view = new EntryView();
        view.Begin(line, "source");
        new LineFormats(FormatCases.Clock).Parse(view);
        view.FieldCount.Should().Be(Keys);
        var text = EntryText.Of(view);
        text.LengthBytes.Should().BeLessThan(MaxBytes + line.Length);
        Encoding.UTF8.GetString(text.Message).Should().Be("m");
        text.FieldName(0).Length.Should().Be(300_002);
        Encoding.UTF8.GetString(text.FieldName(Keys - 1)).Should().Be($"{Keys - 1}");
    }

    [Fact]
    public void Of_a_name_given_twice_the_last_counts_where_the_message_is_made_of_the_fields()
    {
        var path = "/" + new string('p', 300);
        var line = $"127.0.0.1 - - [20/Nov/2026:10:00:00 +0000] \"GET {path} HTTP/1.1\" 200 12 \"-\" \"-\" method=x";
        Parts(Of(Encoding.UTF8.GetBytes(line))).Should().Equal(
            $"GET {path} HTTP/1.1", "client=127.0.0.1", $"path={path}", "protocol=HTTP/1.1", "status=200", "bytes=12", "method=x");
    }

    [Theory]
    [InlineData(EntryView.MaxJoinedBytes, true)]
    [InlineData(EntryView.MaxJoinedBytes + 1, false)]
    public void Names_are_joined_up_to_the_bound(int bytesKept, bool isJoined)
    {
        const string Joined = "p.n";
        var view = new EntryView();
        view.Begin("p n"u8.ToArray(), "source");
        view.Keep(new byte[bytesKept - Joined.Length]);
        var name = view.Join(new ByteRange(0, 1), new ByteRange(2, 1));
        Encoding.UTF8.GetString(view.Get(name)).Should().Be(isJoined ? Joined : "n");
    }

    /// <summary>A template that would make more of a property than a message may be stays as it is written.</summary>
    [Theory]
    [InlineData(MessageTemplate.MaxMessageBytes, true)]
    [InlineData(MessageTemplate.MaxMessageBytes + 1, false)]
    public void A_template_makes_messages_up_to_the_bound(int messageBytes, bool isMade)
    {
        const string Template = "{a}{a}";
        var property = new string('x', messageBytes / 2);
        var more = new string('y', messageBytes % 2);
        var line = $"{{\"@t\":\"2026-11-20T10:00:00Z\",\"@mt\":\"{Template}{more}\",\"a\":\"{property}\"}}";
        Parts(Of(Encoding.UTF8.GetBytes(line)))[0].Should().Be(isMade ? property + property + more : Template + more);
    }

    /// <summary>What stands behind the last hole that is filled stays as it is written.</summary>
    [Theory]
    [InlineData(MessageTemplate.MaxHoles, "")]
    [InlineData(MessageTemplate.MaxHoles + 1, "{a}")]
    public void A_template_has_holes_up_to_the_bound(int holes, string unfilled)
    {
        var template = string.Concat(Enumerable.Repeat("{a}", holes));
        var line = $"{{\"@t\":\"2026-11-20T10:00:00Z\",\"@mt\":\"{template}\",\"a\":\"x\"}}";
        Parts(Of(Encoding.UTF8.GetBytes(line)))[0].Should().Be(new string('x', MessageTemplate.MaxHoles) + unfilled);
    }

    /// <summary>Fields far apart, bytes that are no UTF-8, and characters that a cut could divide.</summary>
    private static byte[] OddLine(Random random)
    {
        var line = new List<byte>("{"u8.ToArray());
        for (var count = random.Next(1, 5); count > 0; count--)
        {
            line.AddRange(Encoding.UTF8.GetBytes($"\"{random.Pick("msg", "é", "k", "level", "x\\ty")}\":"));
            line.AddRange(random.Next(8) switch
            {
                0 => [(byte)'"', 0xff, (byte)'x', (byte)'"'],
                1 => [(byte)'"', 0xe2, 0x82, (byte)'"'],
                2 => Encoding.UTF8.GetBytes($"null,\"gap\":null{new string(' ', random.Next(200))}"),
                3 => Encoding.UTF8.GetBytes("\"€😀\""),
                4 => Encoding.UTF8.GetBytes("\"\\ud83d\\ude00\\n\""),
                5 => [(byte)'"', (byte)'\\', (byte)'n', 0xe2, 0x82, (byte)'"'],
                6 => [(byte)'"', 0xac, (byte)'\\', (byte)'n', (byte)'"'],
                _ => Encoding.UTF8.GetBytes("[1, 2]"),
            });
            line.Add((byte)(count > 1 ? ',' : '}'));
        }

        return [.. line];
    }

    private static EntryText Of(byte[] line)
    {
        var view = new EntryView();
        view.Begin(line, "source");
        new LineFormats(FormatCases.Clock).Parse(view);
        return EntryText.Of(view);
    }

    private static List<string> Parts(EntryText text)
    {
        var parts = new List<string> { Exact(text.Message) };
        for (var index = 0; index < text.FieldCount; index++)
        {
            parts.Add($"{Exact(text.FieldName(index))}={Exact(text.FieldValue(index))}");
        }

        return parts;
    }

    private static List<string> Expected(EntryView view)
    {
        var parts = new List<string> { Encoding.UTF8.GetString(view.Message) };
        for (var index = 0; index < view.FieldCount; index++)
        {
            var name = Encoding.UTF8.GetString(view.FieldName(index));
            var isLast = true;
            for (var later = index + 1; later < view.FieldCount; later++)
            {
                isLast &= Encoding.UTF8.GetString(view.FieldName(later)) != name;
            }

            if (isLast)
            {
                parts.Add($"{name}={Encoding.UTF8.GetString(view.FieldValue(index))}");
            }
        }

        return parts;
    }

    /// <summary>Throws for what is no UTF-8.</summary>
    private static string Exact(ReadOnlySpan<byte> utf8) =>
        new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(utf8);
}
