using System.Text;
using LogWatcher.Logs.Filters;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Logs.Filters;

public class PhraseTests(ITestOutputHelper output)
{
    [Fact]
    public void It_finds_what_the_platform_finds()
    {
        var random = Randomness.Create(output);
        for (var round = 0; round < 20_000; round++)
        {
            var alphabet = random.Next(2) == 0 ? "abAB@`[{1 " : "aAéÉßẞж\u212Aksıİſ磁😀𐐀𐐨 ";
            var text = RandomText(random, alphabet, random.Next(90));
            var phrase = RandomText(random, alphabet, random.Next(4));
            var found = new Phrase(phrase).IsIn(Encoding.UTF8.GetBytes(text));
            found.Should().Be(text.Contains(phrase, StringComparison.OrdinalIgnoreCase), $"'{phrase}' is searched in '{text}'");
        }
    }

    [Fact]
    public void It_finds_a_needle_at_every_place_of_every_length()
    {
        for (var length = 1; length < 40; length++)
        {
            var needle = new Needle(Encoding.UTF8.GetBytes("Needle in a haystack, of many letters..."[..length]));
            for (var place = 0; place < 100; place++)
            {
                var inOtherCase = "nEEDLE IN A HAYSTACK, OF MANY LETTERS..."[..length];
                var text = Encoding.UTF8.GetBytes(new string('.', place) + inOtherCase + new string('n', place % 37));
                needle.IndexIn(text).Should().Be(place);
                needle.IndexIn(text.AsSpan(0, place + length - 1)).Should().Be(-1);
            }
        }
    }

    /// <summary>An ASCII letter must have no other case outside of ASCII, or searches on bytes would miss it.</summary>
    [Fact]
    public void No_ASCII_letter_is_another_letter_in_the_other_case()
    {
        for (var character = '\u0080'; character < '\uFFFF'; character++)
        {
            for (var letter = 'a'; letter <= 'z'; letter++)
            {
                if (string.Equals(character.ToString(), letter.ToString(), StringComparison.OrdinalIgnoreCase))
                {
                    Assert.Fail($"U+{(int)character:X4} is {letter} in the other case");
                }
            }
        }
    }

    private static string RandomText(Random random, string alphabet, int length)
    {
        var runes = alphabet.EnumerateRunes().ToArray();
        return string.Concat(Enumerable.Range(0, length).Select(_ => runes[random.Next(runes.Length)].ToString()));
    }
}
