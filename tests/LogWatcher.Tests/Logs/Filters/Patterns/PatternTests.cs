using System.Text;
using System.Text.RegularExpressions;
using LogWatcher.Logs.Filters.Patterns;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Logs.Filters.Patterns;

public class PatternTests(ITestOutputHelper output)
{
    private const int LineBytes = 1 << 20;

    [Theory]
    [InlineData("", "")]
    [InlineData("", "x")]
    [InlineData("^$", "")]
    [InlineData("a|", "b")]
    [InlineData("(|a)+$", "b")]
    [InlineData("^(?:ab?c)*$", "acabc")]
    [InlineData("^a{2,3}$", "aaa")]
    [InlineData("^a{,3}$", "a{,3}")]
    [InlineData("^a{x$", "a{x")]
    [InlineData("a{0}b", "b")]
    [InlineData("^(){1000000}a", "a")]
    [InlineData("((((){999}){999}){999}){999}a", "a")]
    [InlineData("(?<name>a)(?'other'b)", "ab")]
    [InlineData("a(?#words)b", "ab")]
    [InlineData("(?i)disk", "DISK")]
    [InlineData("d(?i:IS)k", "disk")]
    [InlineData("(?i)a(?-i)b", "Ab")]
    [InlineData("(a(?i)b)c", "aBc")]
    [InlineData("(?s)a.b", "a\nb")]
    [InlineData("(?m)^b$", "a\nb\nc")]
    [InlineData(@"\Aab\z", "ab")]
    [InlineData(@"\bab\b", "x ab.")]
    [InlineData(@"x\Bb", "xb")]
    [InlineData(@"\x41\u00e9\t", "Aé\t")]
    [InlineData(@"[]a]+$", "a]")]
    [InlineData(@"[^]a]", "b")]
    [InlineData(@"[a\-z]", "-")]
    [InlineData(@"[a-]", "-")]
    [InlineData(@"[\d-x]", "-")]
    [InlineData(@"[\w-[0-9]]", "a")]
    [InlineData(@"[[:]", "[")]
    [InlineData(@"\p{Lu}\p{L}\P{L}", "Äb1")]
    [InlineData(@"^.$", "😀")]
    [InlineData(@"^[😀-😂]$", "😁")]
    [InlineData(@"\w\d\s", "ж٣ ")]
    [InlineData("(?i)é", "É")]
    [InlineData("(?i)[а-я]", "Я")]
    [InlineData("(?i)[^a]", "b")]
    [InlineData("/", "/")]
    [InlineData(@"\/", "/")]
    [InlineData("}", "}")]
    [InlineData("]", "]")]
    public void It_matches(string pattern, string text) => IsMatch(pattern, text).Should().BeTrue();

    [Theory]
    [InlineData("^$", "x")]
    [InlineData("^a{2,3}$", "aaaa")]
    [InlineData("^a{2,3}$", "a")]
    [InlineData("a.b", "a\nb")]
    [InlineData("^b", "a\nb")]
    [InlineData("b^", "ab")]
    [InlineData("$a", "a")]
    [InlineData("disk", "DISK")]
    [InlineData("(a(?i)b)c", "aBC")]
    [InlineData(@"\bab\b", "xab")]
    [InlineData(@"\bé", "aé")]
    [InlineData(@"[\w-[0-9]]", "1")]
    [InlineData("(?i)[^a]", "A")]
    [InlineData(@"\d", "²")]
    [InlineData("[]", "]", true)]
    public void It_does_not_match(string pattern, string text, bool isError = false)
    {
        var match = () => IsMatch(pattern, text);
        if (isError)
        {
            match.Should().Throw<FormatException>();
            return;
        }

        match().Should().BeFalse();
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_are_a_replacement_character()
    {
        new Pattern("^a.b$", false).IsMatch([(byte)'a', 0xFF, (byte)'b']).Should().BeTrue();
        new Pattern(@"a\uFFFDb", false).IsMatch([(byte)'a', 0xC3, (byte)'b']).Should().BeTrue();
    }

    /// <summary>The platform's engine is the oracle; on ASCII and the BMP both mean the same.</summary>
    [Fact]
    public void It_agrees_with_the_platform()
    {
        var random = Randomness.Create(output);
        for (var round = 0; round < 1500; round++)
        {
            var text = RandomPattern(random, 3);
            var ignoreCase = random.Next(3) == 0;
            var options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | (ignoreCase ? RegexOptions.IgnoreCase : 0);
            var oracle = new Regex(text, options);
            var pattern = new Pattern(text, ignoreCase);
            for (var sample = 0; sample < 12; sample++)
            {
                var line = RandomLine(random, random.Next(9));
                pattern.IsMatch(Encoding.UTF8.GetBytes(line)).Should().Be(oracle.IsMatch(line), $"/{text}/ ({options}) is asked of '{line}'");
            }
        }
    }

    [Fact]
    public void An_automaton_that_begins_anew_goes_on_from_where_it_was()
    {
        var random = Randomness.Create(output);
        for (var round = 0; round < 500; round++)
        {
            var program = new PatternProgram(PatternParser.Parse("^." + RandomPattern(random, 3) + ".{3,9}[ac]..|a.{12}b", false), 1000);
            var small = new PatternAutomaton(program, PatternAutomaton.MinStates);
            for (var sample = 0; sample < 10; sample++)
            {
                var line = Encoding.UTF8.GetBytes(RandomLine(random, random.Next(60)));
                small.IsMatch(line).Should().Be(new PatternAutomaton(program).IsMatch(line));
            }
        }
    }

    [Fact]
    public void What_it_requires_stands_in_all_it_matches()
    {
        new Pattern("timeout.*(db|cache)", false).RequiredText.Should().Be("timeout");
        new Pattern("a(bcd)+e", false).RequiredText.Should().Be("bcd");
        new Pattern("(ab(?:cd))", true).RequiredText.Should().BeEquivalentTo("abcd");
        new Pattern("abc?d", false).RequiredText.Should().Be("ab");
        new Pattern(@"status"":5\d\d", false).RequiredText.Should().Be("status\":5");
        new Pattern("a|b", false).RequiredText.Should().BeEmpty();
        new Pattern("(abc)*", false).RequiredText.Should().BeEmpty();

        // K and s have more than two cases: the Kelvin sign is a k.
        new Pattern("disk", true).IsMatch("DIS\u212A"u8).Should().BeTrue();
    }

    [Theory]
    [InlineData("(a+)+$")]
    [InlineData("(a|a)*b")]
    [InlineData("(a|aa)+!")]
    [InlineData("(.*a){25}x")]
    [InlineData("a.{900}c")]
    [InlineData("(.{1,100}a){2}z")]
    [InlineData("(a?){200}a{200}b")]
    [InlineData(@"^(([a-z])+.)+[A-Z]([a-z])+$")]
    [InlineData(@"(\b.{0,30}\B){8}x")]
    public void No_pattern_hangs_or_eats_memory_on_a_long_line(string text)
    {
        var pattern = new Pattern(text, false);
        var random = new Random(1);
        var line = new byte[LineBytes];
        random.GetItems("ab"u8, line);
        line[^1] = (byte)'c';
        var before = GC.GetAllocatedBytesForCurrentThread();
        pattern.IsMatch(line);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(24 << 20);
    }

    [Theory]
    [InlineData("(a{1000}){1000}")]
    [InlineData("((((a{100}){100}){100}){100}){100}")]
    [InlineData("a{2147483647}")]
    [InlineData("(^|a|){999,1000}")]
    [InlineData("(a*){0,100000}")]
    public void A_giant_repetition_is_refused(string text)
    {
        var parse = () => new Pattern(text, false);
        parse.Should().Throw<FormatException>();
    }

    [Fact]
    public void Its_length_and_depth_have_bounds()
    {
        var atBound = "[" + new string('a', Pattern.MaxLength - 2) + "]";
        new Pattern(atBound, false).IsMatch("a"u8).Should().BeTrue();
        FluentActions.Invoking(() => new Pattern(atBound + "a", false)).Should().Throw<FormatException>();
        const int Max = PatternProgram.MaxInstructions;
        new Pattern(new string('a', Max - 1), false).InstructionCount.Should().Be(Max);
        FluentActions.Invoking(() => new Pattern(new string('a', Max), false)).Should().Throw<FormatException>();
        new Pattern(new string('(', 64) + "a" + new string(')', 64), false).IsMatch("a"u8).Should().BeTrue();
        FluentActions.Invoking(() => new Pattern(new string('(', 65) + "a" + new string(')', 65), false)).Should().Throw<FormatException>();
    }

    [Fact]
    public void Any_number_of_threads_may_share_one()
    {
        var pattern = new Pattern(@"(.{1,20}a){5}z|\bé+\b", false);
        var lines = Enumerable.Range(0, 64)
            .Select(index => Encoding.UTF8.GetBytes(new string('b', index) + "aéa ééé " + new string('a', index)))
            .ToArray();
        var expected = Array.ConvertAll(lines, line => new Pattern(@"(.{1,20}a){5}z|\bé+\b", false).IsMatch(line));
        Parallel.For(0, 2000, index => pattern.IsMatch(lines[index % lines.Length]).Should().Be(expected[index % lines.Length]));
    }

    // A line end that comes last is where the two part: for the platform `$` stands before it too.
    private static string RandomLine(Random random, int length) => string.Concat(Enumerable.Range(0, length)
        .Select(_ => random.Pick("a", "b", "A", "c", "1", " ", "_", "é", "É", "ж", "-", "\nb")));

    private static bool IsMatch(string pattern, string text) => new Pattern(pattern, false).IsMatch(Encoding.UTF8.GetBytes(text));

    private static string RandomPattern(Random random, int depth)
    {
        if (depth == 0 || random.Next(4) == 0)
        {
            return random.Pick(
                "a", "b", "A", ".", "1", "é", "[ab]", "[^a]", "[a-cж]", @"\d", @"\w", @"\s", @"\W", @"\b", @"\B", "^", "-", "[b-é]",
                @"[\w-[a]]", "ж", "ab", "(?i:é)", @"\p{Lu}");
        }

        var inner = RandomPattern(random, depth - 1);
        return random.Next(7) switch
        {
            0 => $"({inner})*",
            1 => $"(?:{inner})+",
            2 => $"({inner}){{{random.Next(3)},{random.Next(3, 5)}}}",
            3 => $"({inner}|{RandomPattern(random, depth - 1)})",
            4 => $"(?:{inner})??",
            _ => inner + RandomPattern(random, depth - 1),
        };
    }
}
