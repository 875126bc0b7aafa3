using System.Diagnostics;
using System.Text;
using LogWatcher.Benchmarks.Report;

namespace LogWatcher.Benchmarks;

/// <summary>
/// From the start of the process to the whole line <c>init_ok</c>, beside programs that answer a line with a line: <c>cat</c>, and
/// one in .NET that does nothing else.
/// </summary>
internal static class Start
{
    /// <summary>The argument by which this program is the one that does nothing else.</summary>
    public const string EmptyName = "empty-program";

    private const int Starts = 21;

    public static IEnumerable<Step> Steps()
    {
        yield return new Step($"start to init_ok, {Starts} times", results =>
        {
            var executable = SourceTree.Executable;
            var medians = InTurn.Medians(
                Starts,
                () => [Measure(() => new Child(executable, []))],
                () => [Measure(() => Child.Own(EmptyName))],
                () => [Measure(() => new Child("cat", []))]);
            results.Add("start to init_ok", medians[0][0], "ms", new Yardstick("an empty .NET program", medians[1][0]));
            results.Add("start to init_ok, beside cat", medians[0][0], "ms", new Yardstick("cat", medians[2][0]));
        });
    }

    /// <summary>Answers a line, and ends with stdin.</summary>
    public static void AnswerOneLine()
    {
        Console.Out.WriteLine(Console.In.ReadLine());
        Console.In.Read();
    }

    private static double Measure(Func<Child> start)
    {
        var line = Encoding.UTF8.GetBytes(NodeUnderTest.Init);
        var started = Stopwatch.GetTimestamp();
        using var child = start();
        child.Send(line);
        Lines.Skip(child.Output, 1);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }
}
