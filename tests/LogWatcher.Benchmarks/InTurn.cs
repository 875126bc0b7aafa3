namespace LogWatcher.Benchmarks;

/// <summary>Several ways to do the same, each once a round, so that what else the machine does meets them all.</summary>
internal static class InTurn
{
    public const int Rounds = 3;

    /// <summary>For what takes little time, and so differs more.</summary>
    public const int ShortRounds = 5;

    /// <param name="rounds">At least 1.</param>
    /// <param name="ways">Each gives as many values in every round.</param>
    /// <returns>For each way the median of each of its values.</returns>
    public static double[][] Medians(int rounds, params Func<double[]>[] ways)
    {
        var taken = ways.Select(_ => new List<double[]>()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            for (var way = 0; way < ways.Length; way++)
            {
                taken[way].Add(ways[way]());
            }
        }

        return [.. taken.Select(values => values[0].Select((_, index) => Median(values.Select(it => it[index]))).ToArray())];
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
