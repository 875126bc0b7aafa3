namespace LogWatcher.Benchmarks.Report;

/// <summary>What a value is held against: the same work done by something else, in the same run.</summary>
/// <param name="Name">For people: <c>cat</c>, <c>rg</c>, …</param>
/// <param name="Value">In the unit of the row; null: it is not installed.</param>
internal readonly record struct Yardstick(string Name, double? Value);
