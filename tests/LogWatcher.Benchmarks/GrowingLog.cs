using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace LogWatcher.Benchmarks;

/// <summary>A file that grows by so many JSON lines a second, a batch each 10 ms; one in a hundred is an ERROR.</summary>
internal static class GrowingLog
{
    public const int LinesPerError = 100;

    /// <summary>Writes it to its end. The last line is an ERROR.</summary>
    /// <returns>Whether the pace was kept: seconds taken, of those that were due.</returns>
    public static double Write(string path, int linesPerSecond, int seconds)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        var batch = linesPerSecond / 100;
        var length = RandomAccess.GetLength(file);
        var start = Stopwatch.GetTimestamp();
        var text = new StringBuilder();
        for (var number = 0; number < linesPerSecond * seconds; number += batch)
        {
            var due = TimeSpan.FromSeconds((double)number / linesPerSecond) - Stopwatch.GetElapsedTime(start);
            if (due > TimeSpan.Zero)
            {
                Thread.Sleep(due);
            }

            text.Clear();
            for (var line = number; line < number + batch; line++)
            {
                var level = line % LinesPerError == LinesPerError - 1 ? "ERROR" : "INFO";
                text.Append(CultureInfo.InvariantCulture, $"{{\"time\":\"{DateTime.UtcNow:yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'}\",\"level\":\"{level}\",\"msg\":\"line-{line} was written\",\"user\":\"ann\",\"status\":200}}\n");
            }

            var bytes = Encoding.UTF8.GetBytes(text.ToString());
            RandomAccess.Write(file, bytes, length);
            length += bytes.Length;
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
