namespace LogWatcher.Benchmarks.Growth;

/// <summary>How the cost of calls grows with their messages, their number, and the length of what they carry.</summary>
internal static class GrowthOfCalls
{
    private const int MessagesOverStreams = 1_000_000;
    private const int MessagesEachStream = 10;
    private const int CarriedBytes = 30_000_000;
    private const int PieceBytes = 1_024;
    private const int MaxMessages = 200_000;

    public static IEnumerable<GrowthSeries> Series { get; } =
    [
        new("echo messages, 1 stream", [1_000, 10_000, 100_000, 1_000_000, 10_000_000], messages => Echoed(new EchoInput(1, messages))),
        new("streams, opened, with ten echoes each, and closed", [1, 10, 100, 1_000, 10_000, 100_000], streams => Echoed(
            new EchoInput(streams, (long)MessagesEachStream * streams, closes: true), work: streams, withOpening: true)),
        new("open streams that share 1,000,000 echoes", [1, 10, 100, 1_000, 10_000, 100_000], streams => Echoed(new EchoInput(streams, MessagesOverStreams))),
        new("bytes of an echo's text, in pipe writes of 64 KiB", [10, 100, 1_000, 10_000, 100_000, 1_000_000], length => Carried(length, 1 << 16)),
        new("bytes of an echo's text, in pipe writes of 1 KiB", [10, 100, 1_000, 10_000, 100_000, 1_000_000], length => Carried(length, PieceBytes)),
    ];

    /// <summary>As many bytes at each length; where the rest of the line would be most of them, fewer.</summary>
    private static GrowthSeries.Sample Carried(int length, int pieceBytes)
    {
        var input = new EchoInput(1, Math.Min(MaxMessages, CarriedBytes / length), new string('x', length));
        return Echoed(input, input.Bytes, pieceBytes);
    }

    /// <param name="work">What has to be done; null: the messages.</param>
    /// <param name="withOpening">Whether the time to open the streams counts.</param>
    private static GrowthSeries.Sample Echoed(EchoInput input, double? work = null, int pieceBytes = 1 << 16, bool withOpening = false)
    {
        var measured = Echo.Measure(new Child(SourceTree.Executable, []), input, pieceBytes);
        var seconds = (input.Messages / measured[0]) + (withOpening ? measured[2] : 0);
        return new GrowthSeries.Sample(work ?? input.Messages, seconds, measured[4] + (withOpening ? measured[3] : 0), measured[1]);
    }
}
