using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace LogWatcher.Benchmarks;

/// <summary>A file that grows by JSON lines, at once or by so many a second, a batch each 10 ms; one in a hundred is an ERROR.</summary>
internal static class GrowingLog
{
    public const int LinesPerError = 100;

    private const int BatchesPerSecond = 100;

    /// <summary>Writes so many lines as fast as the file takes them.</summary>
    public static void Write(string path, int lines)
    {
        using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        file.Write(Batch(0, lines));
    }

    /// <summary>Writes at a pace, to its end. The last line is an ERROR.</summary>
    /// <returns>When the last line was written, as a time stamp.</returns>
    public static long Write(string path, int linesPerSecond, int seconds)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        var batch = linesPerSecond / BatchesPerSecond;
        var length = RandomAccess.GetLength(file);
        var start = Stopwatch.GetTimestamp();
        for (var number = 0; number < linesPerSecond * seconds; number += batch)
        {
            var due = TimeSpan.FromSeconds((double)number / linesPerSecond) - Stopwatch.GetElapsedTime(start);
            if (due > TimeSpan.Zero)
            {
                Thread.Sleep(due);
            }

            var bytes = Batch(number, batch);
            RandomAccess.Write(file, bytes, length);
            length += bytes.Length;
        }

        return Stopwatch.GetTimestamp();
    }

    private static byte[] Batch(int first, int lines)
    {
        var text = new StringBuilder();
        for (var line = first; line < first + lines; line++)
        {
            var level = line % LinesPerError == LinesPerError - 1 ? "ERROR" : "INFO";
            text.Append(CultureInfo.InvariantCulture, $"{{\"time\":\"{DateTime.UtcNow:yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'}\",\"level\":\"{level}\",\"msg\":\"line-{line} was written\",\"user\":\"ann\",\"status\":200}}\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
