namespace LogWatcher.Logs.Filters;

/// <summary>What stands between a path and a value. The negated ones come out as the opposite of the plain ones.</summary>
internal enum Comparison
{
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
    NotContains,
    Like,
    NotLike,
}

internal static class Comparisons
{
    public static string Text(this Comparison comparison) => comparison switch
    {
        Comparison.Equal => "=",
        Comparison.NotEqual => "!=",
        Comparison.Less => "<",
        Comparison.LessOrEqual => "<=",
        Comparison.Greater => ">",
        Comparison.GreaterOrEqual => ">=",
        Comparison.Contains => ":",
        Comparison.NotContains => "!:",
        Comparison.Like => "~",
        _ => "!~",
    };

    public static bool IsNegated(this Comparison comparison) =>
        comparison is Comparison.NotEqual or Comparison.NotContains or Comparison.NotLike;

    /// <summary>The same without its negation: <c>=</c> for <c>!=</c>.</summary>
    public static Comparison Plain(this Comparison comparison) => comparison.IsNegated() ? comparison - 1 : comparison;

    /// <summary>Whether an order of the left side to the right one (below, at or above 0) is what the operator asks for.</summary>
    public static bool Accepts(this Comparison comparison, int order) => comparison switch
    {
        Comparison.Equal => order == 0,
        Comparison.NotEqual => order != 0,
        Comparison.Less => order < 0,
        Comparison.LessOrEqual => order <= 0,
        Comparison.Greater => order > 0,
        Comparison.GreaterOrEqual => order >= 0,
        _ => throw new ArgumentOutOfRangeException(nameof(comparison), comparison, "It has no order."),
    };
}
