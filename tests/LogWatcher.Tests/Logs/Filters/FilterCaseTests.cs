using System.Text;
using LogWatcher.Logs.Filters;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Logs.Filters;

/// <summary>The tables of cases: Cases/filter-matches.asv and Cases/filter-errors.asv.</summary>
public class FilterCaseTests
{
    private const char Arrow = '⇶';

    public static TheoryData<string, string, string, bool> Matches()
    {
        var cases = new TheoryData<string, string, string, bool>();
        var (source, entry) = ("", "");
        foreach (var line in CaseLines("filter-matches.asv"))
        {
            if (line.StartsWith("»» ", StringComparison.Ordinal))
            {
                source = line[3..];
            }
            else if (line.StartsWith("» ", StringComparison.Ordinal))
            {
                // A source is that of the next entry only.
                (entry, source) = (line[2..] + '\0' + source, "");
            }
            else
            {
                var (filter, result) = Split(line);
                cases.Add(filter, entry.Split('\0')[0], entry.Split('\0')[1], bool.Parse(result));
            }
        }

        return cases;
    }

    public static TheoryData<string, string> Errors()
    {
        var cases = new TheoryData<string, string>();
        foreach (var line in CaseLines("filter-errors.asv"))
        {
            var (filter, error) = Split(line);
            cases.Add(filter, error);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Matches))]
    public void A_filter_matches_or_not(string filter, string line, string source, bool expected)
    {
        var parsed = Filter.Parse(filter);
        var entry = SampleFormats.Read(line, source);
        parsed.Matches(entry).Should().Be(expected, $"{filter} is asked of {line}");
        parsed.IsEverything.Should().Be(filter.Length == 0);
        if (expected)
        {
            var utf8 = Encoding.UTF8.GetBytes(line);
            parsed.MayMatch(utf8).Should().BeTrue("the raw bytes of what matches must pass");
            parsed.IndexOfCandidate(utf8).Should().BeGreaterThanOrEqualTo(0, "and be found in a buffer");
        }
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public void What_is_no_filter_is_told_with_its_column(string filter, string error)
    {
        var parse = () => Filter.Parse(filter);
        var thrown = parse.Should().Throw<FilterSyntaxException>().Which;
        thrown.Message.Should().Be(error);
        error.Should().StartWith($"column {thrown.Column}: ");
    }

    private static IEnumerable<string> CaseLines(string name) =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Cases", name)).Where(line => line.Length > 0 && line[0] != '#');

    private static (string Filter, string Result) Split(string line)
    {
        var arrow = line.IndexOf(Arrow, StringComparison.Ordinal);
        arrow.Should().BePositive($"a case has an arrow: {line}");
        return (line[..arrow].Trim(), line[(arrow + 1)..].Trim());
    }
}
