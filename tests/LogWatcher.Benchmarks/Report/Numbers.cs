using System.Globalization;

namespace LogWatcher.Benchmarks.Report;

/// <summary>Numbers as the tables have them.</summary>
internal static class Numbers
{
    private const int SignificantDigits = 3;

    // More than these is not a ratio any more that says something.
    private const int MaxDecimals = 6;

    /// <summary>Three significant digits, but all those before the point, in groups.</summary>
    public static string Format(double value)
    {
        var decimals = value == 0 ? 0 : SignificantDigits - 1 - (int)Math.Floor(Math.Log10(Math.Abs(value)));
        return value.ToString("N" + Math.Clamp(decimals, 0, MaxDecimals), CultureInfo.InvariantCulture);
    }

    /// <summary>So many things, in words.</summary>
    /// <param name="thing">One of them; of several it ends with an s or, behind ch, with es.</param>
    public static string Count(int number, string thing) => string.Create(
        CultureInfo.InvariantCulture, $"{number:N0} {thing}{(number == 1 ? "" : thing.EndsWith("ch", StringComparison.Ordinal) ? "es" : "s")}");

    /// <summary>What <see cref="Format"/> wrote.</summary>
    public static bool TryParse(string text, out double value) =>
        double.TryParse(text, NumberStyles.Float | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out value);
}
