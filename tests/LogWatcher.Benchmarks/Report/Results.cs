namespace LogWatcher.Benchmarks.Report;

/// <summary>What a run has measured so far. One thread adds; any may read what is there.</summary>
internal sealed class Results
{
    private readonly Lock _gate = new();
    private readonly List<ResultRow> _rows = [];
    private readonly List<GrowthPoint> _growth = [];

    public void Add(string measurement, double value, string unit, Yardstick? yardstick = null)
    {
        lock (_gate)
        {
            _rows.Add(new ResultRow(measurement, value, unit, yardstick));
        }
    }

    /// <summary>A row of what can't be measured here.</summary>
    public void AddMissing(string measurement, string unit, string program)
    {
        lock (_gate)
        {
            _rows.Add(new ResultRow(measurement, null, unit, new Yardstick(program, null)));
        }
    }

    public void Add(GrowthPoint point)
    {
        lock (_gate)
        {
            _growth.Add(point);
        }
    }

    /// <summary>All of it as Markdown.</summary>
    /// <param name="last">As for <see cref="ResultTable.Write"/>.</param>
    public List<string> Write(IReadOnlyDictionary<string, LastResult> last)
    {
        lock (_gate)
        {
            return
            [
                .. _rows.Count > 0 ? ResultTable.Write(_rows, last) : [],
                .. _rows.Count > 0 && _growth.Count > 0 ? [""] : Array.Empty<string>(),
                .. _growth.Count > 0 ? GrowthTable.Write(_growth) : [],
            ];
        }
    }
}
