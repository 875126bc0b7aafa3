namespace LogWatcher.Benchmarks;

/// <summary>A file that <see cref="GrowingLog"/> writes to, and a node with watches on its errors.</summary>
internal sealed class WatchedFile : IDisposable
{
    // A tenth of what one client may have open (README, --max-calls).
    private const int WatchesPerClient = 1_000;

    private readonly TemporaryFolder _folder = new();
    private int _watches;

    /// <param name="watches">Those that begin now: when this returns, they have.</param>
    public WatchedFile(int watches)
    {
        Path = _folder["app.log"];
        File.WriteAllText(Path, "ERROR all have this line\n");
        Node = new NodeUnderTest(Path);
        BeginAndRead(watches);
    }

    public string Path { get; }

    public NodeUnderTest Node { get; }

    private static ReadOnlySpan<byte> FirstLine => "all have this line"u8;

    /// <summary>Begins watches, and reads the line that was there before them, once for each.</summary>
    public void BeginAndRead(int watches)
    {
        if (watches > 0)
        {
            // A node whose output nobody reads stops reading, too.
            var writer = Task.Factory.StartNew(() => Begin(watches), TaskCreationOptions.LongRunning);
            Lines.Skip(Node.Output, watches);
            writer.Wait();
        }
    }

    /// <summary>Begins watches, and does not wait for them.</summary>
    public void Begin(int watches)
    {
        for (var end = _watches + watches; _watches < end; _watches++)
        {
            Node.Watch(2 + _watches, "level >= ERROR", follow: true, $"c{_watches / WatchesPerClient}");
        }
    }

    /// <summary>Reads until each watch has had so many entries, or been told that they were suppressed.</summary>
    /// <returns>When the last came, as a time stamp, and how many were suppressed.</returns>
    public (long Arrived, long Suppressed) ReadEntries(int eachWatch)
    {
        var (left, suppressed, last) = ((long)eachWatch * _watches, 0L, 0L);
        Node.Read((line, arrived) =>
        {
            if (line.IndexOf(FirstLine) >= 0)
            {
                return true;
            }

            var lost = Math.Max(0, Lines.NumberBehind(line, "\"suppressed\": "u8));
            suppressed += lost;
            left -= 1 + lost;
            last = arrived;
            return left > 0;
        });
        return (last, suppressed);
    }

    public void Dispose()
    {
        Node.Dispose();
        _folder.Dispose();
    }
}
