namespace LogWatcher.Benchmarks;

/// <summary>What can be named on the command line.</summary>
/// <param name="Name">The name.</param>
/// <param name="Summary">What it measures, in a line of the usage text.</param>
/// <param name="Steps">Makes its steps, which are taken in order.</param>
internal sealed record Measurement(string Name, string Summary, Func<IEnumerable<Step>> Steps);
