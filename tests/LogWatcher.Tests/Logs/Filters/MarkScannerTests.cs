using System.Text;
using LogWatcher.Logs.Filters;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Logs.Filters;

/// <summary>Every place at which a mark stands is a hit, whatever marks are put together.</summary>
public sealed class MarkScannerTests(ITestOutputHelper output)
{
    private const string Letters = "abcdeABCDE019 =\n\"";

    /// <summary>As many marks as have groups of their own, one more, and those that need a second set of tables.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(100)]
    public void All_places_are_found_in_their_order(int marks)
    {
        var random = Randomness.Create(output);
        for (var round = 0; round < 20; round++)
        {
            var words = Enumerable.Range(0, marks).Select(_ => Text(random, random.Next(1, 4)).ToLowerInvariant()).ToArray();
            var scanner = new MarkScanner(words.Select(ByteMark.Of), []);
            var text = Text(random, random.Next(300));
            var hits = Find(scanner, Encoding.ASCII.GetBytes(text));
            hits.Should().BeInAscendingOrder().And.OnlyHaveUniqueItems();
            hits.TrueForAll(hit => hit >= 0 && hit < text.Length).Should().BeTrue();
            var places = Enumerable.Range(0, text.Length).Where(
                place => Array.Exists(words, word => string.Compare(text, place, word, 0, word.Length, StringComparison.OrdinalIgnoreCase) == 0));
            places.Except(hits).Should().BeEmpty("{0} are in {1}", string.Join(", ", words), text);
        }
    }

    /// <summary>Nothing behind the text is read: a mark that only goes on there does not stand in it.</summary>
    [Fact]
    public void A_mark_that_ends_behind_the_text_is_no_hit()
    {
        var scanner = new MarkScanner([ByteMark.Of("abc")], []);
        for (var length = 2; length < 200; length++)
        {
            var text = Encoding.ASCII.GetBytes(new string('.', length - 2) + "abc");
            var places = new int[MarkScanner.MinPlaces];
            var start = 0;
            scanner.Find(text.AsSpan(0, length), ref start, length, places).Should().Be(0, "{0} bytes are looked at", length);
            start.Should().Be(length);
            start = 0;
            scanner.Find(text, ref start, text.Length, places).Should().Be(1);
            places[0].Should().Be(length - 2);
        }
    }

    private static List<int> Find(MarkScanner scanner, byte[] text)
    {
        var hits = new List<int>();
        var places = new int[MarkScanner.MinPlaces];
        for (var start = 0; start < text.Length;)
        {
            var count = scanner.Find(text, ref start, text.Length, places);
            hits.AddRange(places.Take(count));
        }

        return hits;
    }

    private static string Text(Random random, int length) => string.Concat(Enumerable.Range(0, length).Select(_ => Letters[random.Next(Letters.Length)]));
}
