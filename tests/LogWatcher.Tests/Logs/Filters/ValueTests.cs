using System.Text;
using LogWatcher.Logs.Filters;

namespace LogWatcher.Tests.Logs.Filters;

public class ValueTests
{
    [Theory]
    [InlineData("500", "5e2")]
    [InlineData("500", "500.0")]
    [InlineData("500", "+0500")]
    [InlineData("0.5", ".5")]
    [InlineData("0", "-0.00e7")]
    [InlineData("1.50", "15E-1")]
    [InlineData("1e99999", "10e99998")]
    [InlineData("12345678901234567890123456789012345678", "1234567890123456789012345678901234567.8e1")]
    public void One_number_has_many_forms(string a, string b)
    {
        Number(a).Should().Be(Number(b));
        Number(a).CompareTo(Number(b)).Should().Be(0);
    }

    [Theory]
    [InlineData("9007199254740992", "9007199254740993")]
    [InlineData("18446744073709551614", "18446744073709551615")]
    [InlineData("-18446744073709551615", "-18446744073709551614")]
    [InlineData("0.1", "0.10000000000000000000000000000000001")]
    [InlineData("-1", "0")]
    [InlineData("-2", "1")]
    [InlineData("-10", "-9")]
    [InlineData("0", "1e-99999")]
    [InlineData("9", "10")]
    [InlineData("9.99", "10")]
    [InlineData("99e97", "1e99")]
    [InlineData("1e99", "12345678901234567890123456789012345678e62")]
    public void Numbers_are_compared_exactly(string less, string more)
    {
        Number(less).CompareTo(Number(more)).Should().BeNegative();
        Number(more).CompareTo(Number(less)).Should().BePositive();
        Number(less).Should().NotBe(Number(more));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData(".")]
    [InlineData("5.")]
    [InlineData("1.2.3")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("1e1.5")]
    [InlineData("1e100000")]
    [InlineData("1e99999999999")]
    [InlineData("--1")]
    [InlineData("1 ")]
    [InlineData("1,000")]
    [InlineData("0x10")]
    [InlineData("NaN")]
    [InlineData("123456789012345678901234567890123456789")]
    public void Text_is_no_number(string text) =>
        LogWatcher.Logs.Filters.Number.TryParse(Encoding.UTF8.GetBytes(text), out _).Should().BeFalse();

    [Theory]
    [InlineData("250ms", 250_000_000L)]
    [InlineData("1h30m", 5_400_000_000_000L)]
    [InlineData("15m", 900_000_000_000L)]
    [InlineData("1d", 86_400_000_000_000L)]
    [InlineData("2w", 1_209_600_000_000_000L)]
    [InlineData("1.5s", 1_500_000_000L)]
    [InlineData(".5s", 500_000_000L)]
    [InlineData("1h2m3.5s", 3_723_500_000_000L)]
    [InlineData("7us", 7_000L)]
    [InlineData("7µs", 7_000L)]
    [InlineData("7μs", 7_000L)]
    [InlineData("1.9ns", 1L)]
    [InlineData("-3s", -3_000_000_000L)]
    [InlineData("+3s", 3_000_000_000L)]
    [InlineData("250 ms", 250_000_000L)]
    [InlineData("2562047h47m16.854775807s", long.MaxValue)]
    public void Durations_are_read(string text, long nanoseconds)
    {
        Duration.TryParse(Encoding.UTF8.GetBytes(text), out var duration).Should().BeTrue();
        duration.Nanoseconds.Should().Be(nanoseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("5")]
    [InlineData("ms")]
    [InlineData("5 ")]
    [InlineData("5  ms")]
    [InlineData("5x")]
    [InlineData("5M")]
    [InlineData("1h30")]
    [InlineData("1.s")]
    [InlineData("1..5s")]
    [InlineData("--1s")]
    [InlineData("2562047h47m16.854775808s")]
    [InlineData("99999999999999999999s")]
    public void Text_is_no_duration(string text) =>
        Duration.TryParse(Encoding.UTF8.GetBytes(text), out _).Should().BeFalse();

    [Theory]
    [InlineData("10KiB", 10_240L)]
    [InlineData("5MB", 5_000_000L)]
    [InlineData("5mb", 5_000_000L)]
    [InlineData("1.5 GiB", 1_610_612_736L)]
    [InlineData("512B", 512L)]
    [InlineData("1kB", 1_000L)]
    [InlineData("1TB", 1_000_000_000_000L)]
    [InlineData("1PiB", 1_125_899_906_842_624L)]
    [InlineData("1.0000000001KB", 1_000L)]
    [InlineData("9.2EB", 9_200_000_000_000_000_000L)]
    public void Sizes_are_read(string text, long bytes)
    {
        ByteSize.TryParse(Encoding.UTF8.GetBytes(text), out var size).Should().BeTrue();
        size.Bytes.Should().Be(bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("B")]
    [InlineData("10K")]
    [InlineData("10Kb/s")]
    [InlineData("10XB")]
    [InlineData("10KxB")]
    [InlineData("10  MB")]
    [InlineData("-1MB")]
    [InlineData("9.3EB")]
    public void Text_is_no_size(string text) =>
        ByteSize.TryParse(Encoding.UTF8.GetBytes(text), out _).Should().BeFalse();

    private static Number Number(string text)
    {
        LogWatcher.Logs.Filters.Number.TryParse(Encoding.UTF8.GetBytes(text), out var number).Should().BeTrue(text);
        return number;
    }
}
