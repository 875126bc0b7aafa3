using System.Globalization;

namespace LogWatcher.Logs.Filters;

/// <summary>A filter that can't be read: where, and what would be right there.</summary>
internal sealed class FilterSyntaxException : Exception
{
    public FilterSyntaxException(int column, string expected)
        : base(string.Create(CultureInfo.InvariantCulture, $"column {column}: {expected}")) => Column = column;

    /// <summary>
    /// The place in the filter's text, in characters (code points), the first being 1; one past its end for what is
    /// missing there.
    /// </summary>
    public int Column { get; }
}
