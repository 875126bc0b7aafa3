using System.Text;
using System.Text.Json;
using LogWatcher.Rpc;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Rpc;

/// <summary>JsonInput gives what Utf8JsonReader gives: the same tokens in the same places, and a fault at the same one.</summary>
public sealed class JsonInputTests(ITestOutputHelper output)
{
    private const int Mutants = 200_000;

    private static readonly string[] Lines =
    [
        """{"src":"c1","dest":"n1","body":{"type":"grpc_bidi_stream_send","msg_id":3,"stream_id":"s1","data":{"text":"hello 0"}}}""",
        """ { "a" : [ 1 , -2.5e+10 , true , false , null , "x\"y\\z\/\b\f\n\r\t\u00e9\ud83d\ude00" , { } , [ ] ] , "" : 0 } """,
        """[[],[[]],{"a":{"b":[{"c":"d"}]}},"",0,-0,0.0,1E5,1e-5,12345678901234567890]""",
        """{"long":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\\0123456789abcdef0123456789abcdef","a":"é→😀"}""",
        """{"src":"c0","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1"]}}""",
        "12", "-0.5e1", "\"text\"", "true", "null", " 1 ",
    ];

    [Theory]
    [InlineData("")]
    [InlineData(" \t\r\n")]
    [InlineData("\"")]
    [InlineData("\"\\")]
    [InlineData("\"\\u00e\"")]
    [InlineData("\"\\u00eg\"")]
    [InlineData("\"\\x\"")]
    [InlineData("\"\\ud800\"")]
    [InlineData("\"a\tb\"")]
    [InlineData("\"a\u007fb\u0080\"")]
    [InlineData("01")]
    [InlineData("-")]
    [InlineData("-a")]
    [InlineData("+1")]
    [InlineData(".5")]
    [InlineData("1.")]
    [InlineData("1.e1")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("1/")]
    [InlineData("1x")]
    [InlineData("1\"")]
    [InlineData("1\v")]
    [InlineData("1 2")]
    [InlineData("[1")]
    [InlineData("[1 ")]
    [InlineData("[1]]")]
    [InlineData("[1}")]
    [InlineData("{\"a\":1]")]
    [InlineData("[1,]")]
    [InlineData("[,1]")]
    [InlineData("[1 2]")]
    [InlineData("[1/2]")]
    [InlineData("{,}")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{\"a\":1 \"b\":2}")]
    [InlineData("{\"a\"}")]
    [InlineData("{\"a\" 1}")]
    [InlineData("{\"a\":}")]
    [InlineData("{\"a\"")]
    [InlineData("{\"a\":")]
    [InlineData("{a:1}")]
    [InlineData("{1:1}")]
    [InlineData("tru")]
    [InlineData("truE")]
    [InlineData("truex")]
    [InlineData("[truex]")]
    [InlineData("nul")]
    [InlineData("NaN")]
    [InlineData("// a\n1")]
    [InlineData("[1,/* a */2]")]
    [InlineData("\u00a01")]
    [InlineData("\ufeff1")]
    public void What_is_no_JSON_is_none(string json) => ShouldAgree(Encoding.UTF8.GetBytes(json), "");

    [Fact]
    public void Lines_are_read_whole_and_cut_off_anywhere()
    {
        foreach (var line in Lines)
        {
            var bytes = Encoding.UTF8.GetBytes(line);
            for (var length = 0; length <= bytes.Length; length++)
            {
                ShouldAgree(bytes.AsSpan(0, length), line);
            }
        }
    }

    /// <summary>Strings of every length around the width of a vector, with each special byte in each place, in texts that end there and in longer ones.</summary>
    [Fact]
    public void Strings_end_where_they_end()
    {
        foreach (var special in new[] { "", "\"", "\\", "\\\\", "\\u0041", "\n", "\u001f", " ", "\u007f", "é" })
        {
            for (var length = 0; length <= 70; length++)
            {
                for (var at = 0; at <= length; at++)
                {
                    var text = new string('x', at) + special + new string('y', length - at);
                    ShouldAgree(Encoding.UTF8.GetBytes($"\"{text}\""), text);
                    ShouldAgree(Encoding.UTF8.GetBytes($"[\"{text}\",\"more than one vector behind it, for sure\"]"), text);
                }
            }
        }
    }

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{\"a\":", "}")]
    public void Sixty_four_may_be_open_at_once(string open, string close)
    {
        foreach (var depth in new[] { JsonInput.MaxDepth - 1, JsonInput.MaxDepth, JsonInput.MaxDepth + 1 })
        {
            var json = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(open, depth)) + "1" + string.Concat(Enumerable.Repeat(close, depth)));
            ShouldAgree(json, $"{depth}");
            var input = new JsonInput(json);
            bool? more;
            do
            {
                more = TryRead(ref input);
            }
            while (more == true);

            more.HasValue.Should().Be(depth <= JsonInput.MaxDepth);
        }
    }

    [Fact]
    public void Mutated_lines_are_read_alike()
    {
        var random = Randomness.Create(output);
        for (var mutant = 0; mutant < Mutants; mutant++)
        {
            ShouldAgree(Mutated(random), $"mutant {mutant}");
        }
    }

    [Fact]
    public void Skipping_passes_over_one_value()
    {
        foreach (var value in new[] { "1", "\"a\"", "{}", "[]", """{"a":[{}],"b":[1,[2]]}""" })
        {
            var input = new JsonInput(Encoding.UTF8.GetBytes($$"""{"a":{{value}},"b":2}"""));
            input.Read();
            input.Read();
            input.Skip();
            input.Read().Should().BeTrue();
            input.ValueTextEquals("b"u8).Should().BeTrue(value);
            input.CurrentDepth.Should().Be(1);
        }
    }

    /// <summary>The faults that nobody sees until the text is asked for.</summary>
    [Fact]
    public void What_is_no_text_is_read_alike()
    {
        foreach (var text in new[] { "\\ud800", "a\\udc00b", "\\ud83d\\ude00", "\\udc00\\ud83d", "\xff", "\xc3\x28", "\xc3\xa9", "\xed\xa0\x80", "" })
        {
            ShouldAgree(Encoding.Latin1.GetBytes($"[\"{text}\"]"), text);
            ShouldAgree(Encoding.Latin1.GetBytes($"{{\"{text}\\n\":1}}"), text);
        }
    }

    private static void ShouldAgree(ReadOnlySpan<byte> json, string because)
    {
        if (Difference(json) is { } difference)
        {
            difference.Should().BeNull("{0}: {1}", because, Encoding.UTF8.GetString(json));
        }
    }

    /// <summary>The first token that the two do not read alike; null: there is none.</summary>
    private static string? Difference(ReadOnlySpan<byte> json)
    {
        var input = new JsonInput(json);
        var reader = new Utf8JsonReader(json);
        for (var token = 0; ; token++)
        {
            var (more, expected) = (TryRead(ref input), TryRead(ref reader));
            if (more != expected)
            {
                return $"token {token}: {more}, not {expected}";
            }

            if (more != true)
            {
                return null;
            }

            if (input.TokenType != reader.TokenType || input.TokenStartIndex != reader.TokenStartIndex || input.BytesConsumed != reader.BytesConsumed
                || input.CurrentDepth != reader.CurrentDepth || input.ValueIsEscaped != reader.ValueIsEscaped
                || !input.ValueSpan.SequenceEqual(reader.ValueSpan) || TextOf(ref input) != TextOf(ref reader))
            {
                return $"token {token}: {input.TokenType} at {input.TokenStartIndex}, not {reader.TokenType} at {reader.TokenStartIndex}";
            }
        }
    }

    /// <summary>Null: the text has a fault.</summary>
    private static bool? TryRead(ref JsonInput input)
    {
        try
        {
            return input.Read();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool? TryRead(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.Read();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? TextOf(ref JsonInput input)
    {
        if (input.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName))
        {
            return "";
        }

        try
        {
            var text = new byte[input.ValueSpan.Length];
            text = text[..input.CopyString(text)];
            Encoding.UTF8.GetString(text).Should().Be(input.GetString());
            input.ValueTextEquals(text).Should().BeTrue();
            return input.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string? TextOf(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName))
        {
            return "";
        }

        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static byte[] Mutated(Random random)
    {
        var line = new List<byte>(Encoding.UTF8.GetBytes(Lines[random.Next(Lines.Length)]));
        for (var mutations = random.Next(1, 4); mutations > 0; mutations--)
        {
            var at = random.Next(line.Count + 1);
            switch (random.Next(5))
            {
                case 0 when at < line.Count: line[at] = (byte)random.Next(256); break;
                case 1 when at < line.Count: line[at] = (byte)"{}[],:\"\\ 0.e-t/"[random.Next(15)]; break;
                case 2: line.RemoveRange(at, Math.Min(random.Next(20), line.Count - at)); break;
                case 3: line.Insert(at, (byte)"{}[],:\"\\ 0.e-t/"[random.Next(15)]); break;
                default:
                    var from = random.Next(line.Count + 1);
                    line.InsertRange(at, line.GetRange(from, Math.Min(random.Next(40), line.Count - from)));
                    break;
            }
        }

        return [.. line];
    }
}
