using LogWatcher.Benchmarks.Report;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Benchmarks;

/// <summary>What the benchmarks make of what they have measured.</summary>
public sealed class ReportTests
{
    private static readonly Dictionary<string, LastResult> NothingLast = [];

    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.00041234, "0.000412")]
    [InlineData(0.5, "0.500")]
    [InlineData(12.345, "12.3")]
    [InlineData(999.6, "1,000")]
    [InlineData(1234567.8, "1,234,568")]
    [InlineData(-3.14159, "-3.14")]
    public void A_number_has_three_significant_digits(double value, string text)
    {
        Numbers.Format(value).Should().Be(text);
        Numbers.TryParse(text, out var read).Should().BeTrue();
        read.Should().BeApproximately(value, Math.Abs(value) * 0.005);
    }

    [Fact]
    public void A_row_stands_beside_its_yardstick_and_its_last_result()
    {
        ResultRow[] rows =
        [
            new("echo", 900_000, "messages/s", new Yardstick("cat", 9_000_000)),
            new("start", 66, "ms", new Yardstick("cat", 1.5)),
            new("scan", 1200, "MB/s", new Yardstick("rg", null)),
            new("memory", 60, "MB", null),
        ];
        var last = new Dictionary<string, LastResult>
        {
            ["echo"] = new(400_000, "messages/s", 0.08),
            ["start"] = new(50, "ms", 42),
            ["memory"] = new(100, "MB", null),
        };

        ResultTable.Write(rows, last).Skip(2).Should().Equal(
            "| echo | 900,000 | messages/s | cat: 9,000,000 | 0.100 | 0.0800 | +25 %, better |",
            "| start | 66.0 | ms | cat: 1.50 | 44.0 | 42.0 | +5 % |",
            "| scan | 1,200 | MB/s | rg | not installed |  |  |",
            "| memory | 60.0 | MB |  |  | 100 | -40 %, better |");
    }

    [Theory]
    [InlineData("MB/s", 100.0, 50.0, "+100 %, better")]
    [InlineData("MB/s", 50.0, 100.0, "-50 %, worse")]
    [InlineData("ms", 100.0, 50.0, "+100 %, worse")]
    [InlineData("ms", 50.0, 100.0, "-50 %, better")]
    [InlineData("ms", 100.0, 0.0, "")]
    public void Of_speeds_more_is_better_and_of_all_else_less(string unit, double now, double before, string change) =>
        new LastResult(before, unit, null).Compare(new ResultRow("it", now, unit, null)).Should().Be(change);

    [Fact]
    public void Values_of_different_kinds_are_not_compared()
    {
        var row = new ResultRow("it", 5, "ms", new Yardstick("cat", 1));

        new LastResult(5, "s", 5).Compare(row).Should().BeEmpty();
        new LastResult(5, "ms", null).Compare(row).Should().BeEmpty("a value of another machine says nothing");
    }

    [Fact]
    public void What_a_table_holds_is_read_again()
    {
        ResultRow[] rows = [new("echo, 10 streams", 1_234_567, "messages/s", new Yardstick("cat", 10_000_000)), new("scan", 3.5, "MB/s", new Yardstick("rg", null))];

        var read = ResultTable.Read(["# Results", "", "| a | b | c | d | e | f | g |", .. ResultTable.Write(rows, NothingLast), "", "| other | 1 | x | | 2 | | |"]);

        read.Should().Equal(new Dictionary<string, LastResult>
        {
            ["echo, 10 streams"] = new(1_234_567, "messages/s", 0.123),
            ["scan"] = new(3.5, "MB/s", null),
        });
    }

    [Fact]
    public void Of_several_files_the_last_that_has_a_measurement_counts()
    {
        using var folder = new TempFolder();
        var results = new ResultsFolder(folder.Path);
        results.ReadLast(out var names).Should().BeEmpty();
        names.Should().BeEmpty();
        Write("2026-11-20", hour: 1, ("echo", 1), ("start", 2));
        Write("2026-11-20", hour: 3, ("echo", 4));
        Write("2026-11-20", hour: 2, ("echo", 3));

        var last = results.ReadLast(out names);

        last["echo"].Value.Should().Be(4);
        last["start"].Value.Should().Be(2);
        names.Should().Equal("2026-11-20-2.md", "2026-11-20.md");

        void Write(string name, int hour, params (string Measurement, double Value)[] rows) => results.Write(name,
        [
            ResultsFolder.TakenLine(new DateTimeOffset(2026, 11, 20, hour, 0, 0, TimeSpan.Zero)),
            .. ResultTable.Write(rows.Select(row => new ResultRow(row.Measurement, row.Value, "ms", null)), NothingLast),
        ]);
    }

    [Theory]
    [InlineData(1.0, 10.0, 1.0, false)]
    [InlineData(1.0, 100.0, 2.0, true)]
    [InlineData(1.0, 1.0, 0.0, false)]
    [InlineData(0.001, 0.1, 2.0, false)]
    public void A_slope_is_the_exponent_of_what_it_cost(double small, double large, double slope, bool isFaster)
    {
        var smaller = new GrowthPoint("it", 1_000, 1_000, small, small / 2, null);
        var larger = new GrowthPoint("it", 10_000, 10_000, large, small / 2 * 10, null);

        larger.TimeSlope(smaller).Should().BeApproximately(slope, 1e-9);
        larger.ProcessorSlope(smaller).Should().BeApproximately(1, 1e-9);
        larger.WorkSlope(smaller).Should().BeApproximately(1, 1e-9);
        larger.TakesMore(smaller).Should().Be(isFaster, "what takes next to no time tells nothing of its growth");
        larger.ComputesMore(smaller).Should().BeFalse();
    }

    [Fact]
    public void Growth_is_held_against_the_size_before_of_the_same_series()
    {
        GrowthTable.Write([new("a", 10, 100, 1, 0, 60), new("a", 1_000, 100, 10, 8, null), new("b", 1_000, 1_000, 5, 1, 70), new("b", 10_000, 10_000, 50, 100, 70)])
            .Skip(2).Should().Equal(
                "| a | 10 | 1.00 | 0 | 10,000 |  | | |  | 60 |",
                "| a | 1,000 | 10.0 | 8.00 | 100,000 | 0.50 |  | 0.00 | time |  |",
                "| b | 1,000 | 5.00 | 1.00 | 5,000 |  | | |  | 70 |",
                "| b | 10,000 | 50.0 | 100 | 5,000 | 1.00 | 2.00 | 1.00 | processor time | 70 |");
    }
}
