using System.Text;
using LogWatcher.Logs;
using LogWatcher.Logs.Formats;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Logs;

public class LogTimeTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z")]
    [InlineData("2026-11-20t10:00:00z", "2026-11-20T10:00:00Z")]
    [InlineData("2026-11-20 10:00:00Z", "2026-11-20T10:00:00Z")]
    [InlineData("2026-11-20T10:00:00.000Z", "2026-11-20T10:00:00Z")]
    [InlineData("2026-11-20T10:00:00.120Z", "2026-11-20T10:00:00.12Z")]
    [InlineData("2026-11-20T10:00:00.000000001Z", "2026-11-20T10:00:00.000000001Z")]
    [InlineData("2026-11-20T10:00:00.1234567899Z", "2026-11-20T10:00:00.123456789Z")]
    [InlineData("2026-11-20T10:00:00+01:30", "2026-11-20T08:30:00Z")]
    [InlineData("2026-11-20T23:30:00.5-01:00", "2026-11-21T00:30:00.5Z")]
    [InlineData("2026-11-20T10:00:00-00:00", "2026-11-20T10:00:00Z")]
    [InlineData("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z")]
    [InlineData("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z")]
    [InlineData("1969-12-31T23:59:59.25Z", "1969-12-31T23:59:59.25Z")]
    [InlineData("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z")]
    public void A_time_is_read_and_told_in_UTC(string text, string expected)
    {
        LogTime.TryParseRfc3339(Encoding.UTF8.GetBytes(text), out var time).Should().BeTrue();
        time.ToString().Should().Be(expected);
        LogTime.TryParseRfc3339(Encoding.UTF8.GetBytes(expected), out var again).Should().BeTrue();
        again.Should().Be(time);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2026-11-20")]
    [InlineData("2026-11-20T10:00:00")]
    [InlineData("2026-11-20T10:00Z")]
    [InlineData("2026-11-20\010:00:00Z")]
    [InlineData("2026-11-20T10:00:00.Z")]
    [InlineData("2026-11-20T10:00:00,5Z")]
    [InlineData("2026-11-20T10:00:00.5")]
    [InlineData("2026-11-20T10:00:00Z ")]
    [InlineData("2026-11-20T10:00:00+0100")]
    [InlineData("2026-11-20T10:00:00+24:00")]
    [InlineData("2026-11-20T10:00:00 01:00")]
    [InlineData("2026-11-20T24:00:00Z")]
    [InlineData("2026-11-20T10:60:00Z")]
    [InlineData("2026-11-20T10:00:61Z")]
    [InlineData("2026-13-20T10:00:00Z")]
    [InlineData("2026-00-20T10:00:00Z")]
    [InlineData("2026-11-00T10:00:00Z")]
    [InlineData("2026-02-29T10:00:00Z")]
    [InlineData("0000-01-01T00:00:00Z")]
    [InlineData("0001-01-01T00:00:00+00:01")]
    [InlineData("9999-12-31T23:59:60Z")]
    [InlineData("9999-12-31T23:59:59-00:01")]
    [InlineData("２026-11-20T10:00:00Z")]
    public void What_RFC_3339_does_not_say_is_no_time(string text) =>
        LogTime.TryParseRfc3339(Encoding.UTF8.GetBytes(text), out _).Should().BeFalse();

    [Fact]
    public void It_agrees_with_the_platform_on_every_day()
    {
        Span<byte> utf8 = stackalloc byte[LogTime.MaxRfc3339Bytes];
        for (var day = DateTime.MinValue; day < DateTime.MaxValue.AddDays(-1); day = day.AddDays(1))
        {
            var time = new LogTime((day.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond, 0);
            var length = time.WriteRfc3339(utf8);
            if (!LogTime.TryParseRfc3339(utf8[..length], out var read) || read != time || !IsThatDay(utf8, day))
            {
                Assert.Fail($"{day:O} became {time}");
            }
        }

        static bool IsThatDay(ReadOnlySpan<byte> utf8, DateTime day) =>
            Number(utf8[..4]) == day.Year && Number(utf8[5..7]) == day.Month && Number(utf8[8..10]) == day.Day;

        static int Number(ReadOnlySpan<byte> utf8) => int.Parse(utf8, System.Globalization.CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData("2026-11-20T10:00:00.5Z", 0, "2026-11-20T10:00:00.5Z")]
    [InlineData("2026-11-20T10:00:00.5Z", 500_000_000, "2026-11-20T10:00:00Z")]
    [InlineData("2026-11-20T10:00:00.5Z", 500_000_001, "2026-11-20T09:59:59.999999999Z")]
    [InlineData("2026-11-20T10:00:00.5Z", -500_000_000, "2026-11-20T10:00:01Z")]
    [InlineData("2026-11-20T10:00:00.5Z", -3_600_499_999_999, "2026-11-20T11:00:00.999999999Z")]
    [InlineData("1970-01-01T00:00:00Z", 1, "1969-12-31T23:59:59.999999999Z")]
    [InlineData("2026-11-20T10:00:00Z", long.MaxValue, "1734-08-11T10:12:43.145224193Z")]
    public void A_moment_can_be_moved_by_nanoseconds(string moment, long back, string expected)
    {
        LogTime.TryParseRfc3339(Encoding.ASCII.GetBytes(moment), out var time).Should().BeTrue();
        time.Minus(back).ToString().Should().Be(expected);
    }

    [Theory]
    [InlineData("2026-11-20T10:00:00.1234567Z")]
    [InlineData("1969-12-31T23:59:59.9999999Z")]
    [InlineData("0001-01-01T00:00:00Z")]
    public void A_moment_of_the_systems_own_kind_is_the_same(string moment) =>
        LogTime.From(DateTimeOffset.Parse(moment, System.Globalization.CultureInfo.InvariantCulture)).ToString().Should().Be(moment);

    /// <summary>In the usual form one digit, sign or length is changed: it is read by the one way exactly as by the others, or not at all.</summary>
    [Fact]
    public void The_usual_form_is_read_as_any_other()
    {
        var random = Randomness.Create(output);
        var read = 0;
        for (var count = 0; count < 200_000; count++)
        {
            var fraction = random.Next(3) == 0 ? "" : "." + new string([.. Enumerable.Range(0, random.Next(11)).Select(_ => (char)('0' + random.Next(10)))]);
            var text = Encoding.UTF8.GetBytes(
                $"{random.Next(3000):d4}-{random.Next(14):d2}-{random.Next(33):d2}T{random.Next(26):d2}:{random.Next(62):d2}:{random.Next(62):d2}{fraction}Z");
            if (random.Next(3) == 0)
            {
                text[random.Next(text.Length)] = (byte)random.Pick("0123456789-:.TZtz+ \0\xff/".ToCharArray());
            }

            var isExpected = LogTime.TryParseRfc3339(text, out var expected);
            if (LogTime.TryParseUsual(text, out var time))
            {
                read++;
                isExpected.Should().BeTrue("of {0}", Encoding.UTF8.GetString(text));
                time.Should().Be(expected);
                TimeText.TryRead(text, TimeProvider.System, out var other, out var length).Should().BeTrue();
                length.Should().Be(text.Length, "of {0}", Encoding.UTF8.GetString(text));
                other.Should().Be(time);
            }
        }

        output.WriteLine($"{read} were read");
        read.Should().BeGreaterThan(50_000);
    }

    [Theory]
    [InlineData("2026-11-20T10:00:00Z", true)]
    [InlineData("2026-11-20T10:00:00.123456789Z", true)]
    [InlineData("2026-11-20T10:00:00.1234567899Z", false)]
    [InlineData("2026-11-20T10:00:00.Z", false)]
    [InlineData("2026-11-20T10:00:00+00:00", false)]
    [InlineData("2016-12-31T23:59:60Z", false)]
    [InlineData("2026-02-29T10:00:00Z", false)]
    [InlineData("0000-01-01T00:00:00Z", false)]
    [InlineData("2026-1a-20T10:00:00Z", false)]
    public void The_usual_form_has_digits_up_to_the_nanosecond_and_a_Z(string text, bool isUsual) =>
        LogTime.TryParseUsual(Encoding.UTF8.GetBytes(text), out _).Should().Be(isUsual);
}
