using System.Diagnostics;
using System.Text;
using LogWatcher.Benchmarks.Report;

namespace LogWatcher.Benchmarks;

/// <summary>
/// Echo messages a second through the executable, over pipes: a thread writes what <see cref="EchoInput"/> has, another counts the
/// answers. <c>cat</c> gets the same lines in the same way.
/// </summary>
internal static class Echo
{
    private const int Messages = 1_000_000;

    public static IEnumerable<Step> Steps()
    {
        foreach (var streams in new[] { 1, 10, 1_000 })
        {
            yield return new Step($"echo, {Messages:N0} messages over {Numbers.Count(streams, "stream")}", results =>
            {
                var input = new EchoInput(streams, Messages);
                var medians = InTurn.Medians(
                    InTurn.Rounds,
                    () => Measure(new Child(SourceTree.Executable, []), input),
                    () => Measure(new Child("cat", []), input));
                results.Add($"echo, {Numbers.Count(streams, "stream")}", medians[0][0], "messages/s", new Yardstick("cat", medians[1][0]));
                results.Add($"echo, {Numbers.Count(streams, "stream")}, peak memory", medians[0][1], "MB", new Yardstick("cat", medians[1][1]));
            });
        }

        yield return new Step($"echo, {Messages:N0} messages from a file", results =>
        {
            using var folder = new TemporaryFolder();
            var path = folder["echo.jsonl"];
            using (var file = File.Create(path))
            {
                file.Write(Encoding.UTF8.GetBytes(NodeUnderTest.Init + "\n"));
                var input = new EchoInput(1, Messages);
                input.WriteOpening(file);
                input.WriteTo(file);
            }

            var medians = InTurn.Medians(
                InTurn.ShortRounds,
                () => [Messages / Child.Run(SourceTree.Executable, path)],
                () => [Messages / Child.Run("cat", path)]);
            results.Add("echo, file to /dev/null, start included", medians[0][0], "messages/s", new Yardstick("cat", medians[1][0]));
        });
    }

    /// <summary>Sends all of it; the start of the process and the opening of the streams are over by then.</summary>
    /// <param name="child">The node or a yardstick; disposed of.</param>
    /// <param name="input">Of which each line is answered by one.</param>
    /// <param name="pieceBytes">As for <see cref="EchoInput.WriteTo"/>.</param>
    /// <returns>Messages a second, the most memory, in MB, how long the opening of the streams took, and the processor
    /// time of that and of the rest, in seconds.</returns>
    public static double[] Measure(Child child, EchoInput input, int pieceBytes = 1 << 16)
    {
        using (child)
        {
            child.Send(Encoding.UTF8.GetBytes(NodeUnderTest.Init));
            Lines.Skip(child.Output, 1);
            var before = child.ProcessorSeconds;
            var openingSeconds = Exchange(child, input.WriteOpening, input.OpeningAnswers);
            var opened = child.ProcessorSeconds;
            var seconds = Exchange(child, stream => input.WriteTo(stream, pieceBytes), input.Answers);
            return [input.Messages / seconds, child.PeakMegabytes ?? 0, openingSeconds, opened - before, child.ProcessorSeconds - opened];
        }
    }

    /// <summary>Writes on one thread, and reads so many lines on this.</summary>
    private static double Exchange(Child child, Action<Stream> write, long answers)
    {
        var started = Stopwatch.GetTimestamp();
        var writer = Task.Factory.StartNew(() => write(child.Input), TaskCreationOptions.LongRunning);
        Lines.Skip(child.Output, answers);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        writer.Wait();
        return seconds;
    }
}
