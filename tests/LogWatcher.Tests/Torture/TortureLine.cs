using System.Globalization;
using System.Text;
using System.Text.Json;

namespace LogWatcher.Tests.Torture;

/// <summary>In which format a line is written.</summary>
internal enum LineFormat
{
    Json,
    Logfmt,
    Text,
}

/// <summary>One numbered line of a writer: what it says follows from the writer, the number and this.</summary>
/// <param name="Generation">Which of the files that have stood under the name it was written to.</param>
/// <param name="Level">Index into <see cref="Levels"/>.</param>
/// <param name="Format">How it is written.</param>
/// <param name="PaddingOffset">Where in <see cref="Padding"/> the text behind its number begins.</param>
/// <param name="PaddingLength">How long that is, in characters.</param>
internal readonly record struct TortureLine(int Generation, int Level, LineFormat Format, int PaddingOffset, int PaddingLength)
{
    /// <summary>Below this index in <see cref="Levels"/> are the levels that no filter of the scenarios asks for.</summary>
    public const int Warn = 2;

    public const int Error = 3;
    public const int Fatal = 4;

    /// <summary>Longer than what is read at once, so that lines lie across reads.</summary>
    public const int MaxPadding = 200_000;

    public static readonly string[] Levels = ["DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

    private static readonly string Padding = MakePadding();

    private static readonly DateTime Start = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>A line by chance: mostly short, now and then long, seldom longer than a read.</summary>
    public static TortureLine Random(Random random, int generation)
    {
        var length = random.Next(200) switch
        {
            0 => random.Next(MaxPadding),
            < 10 => random.Next(8_000),
            _ => random.Next(200),
        };
        return new TortureLine(generation, random.Next(Levels.Length), (LineFormat)random.Next(3), random.Next(1_000), length);
    }

    /// <summary>A line that every watch of the scenarios wants that wants the writer at all.</summary>
    public static TortureLine ForAll(int generation) => new(generation, Fatal, LineFormat.Json, 0, 0);

    /// <summary>The message that an entry of this line has; its head is read by <see cref="TryReadNumber"/>.</summary>
    public string Message(int writer, int number) =>
        string.Create(CultureInfo.InvariantCulture, $"w{writer}#{number:0000000}.{Padding.AsSpan(PaddingOffset, PaddingLength)}.");

    /// <summary>The line as it is written, with its end.</summary>
    public byte[] Bytes(int writer, int number)
    {
        // Each line of a writer has a later time than the one before it: history is merged by them.
        var time = Start.AddMilliseconds(number).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        var (level, message) = (Levels[Level], Message(writer, number));
        return Encoding.UTF8.GetBytes(Format switch
        {
            LineFormat.Json => $$"""{"time":"{{time}}","level":"{{level}}","writer":"w{{writer}}","msg":{{JsonSerializer.Serialize(message)}}}""" + "\n",
            LineFormat.Logfmt => $"time={time} level={level} writer=w{writer} msg=\"{message}\"\n",
            _ => $"{time} {level} {message}\n",
        });
    }

    /// <summary>Which line a message is of.</summary>
    public static bool TryReadNumber(string message, out int writer, out int number)
    {
        (writer, number) = (0, 0);
        var hash = message.IndexOf('#', StringComparison.Ordinal);
        return hash > 1 && message[0] == 'w' && message.Length > hash + 7
            && int.TryParse(message.AsSpan(1, hash - 1), NumberStyles.None, CultureInfo.InvariantCulture, out writer)
            && int.TryParse(message.AsSpan(hash + 1, 7), NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private static string MakePadding()
    {
        var text = new StringBuilder();
        while (text.Length < MaxPadding + 2_000)
        {
            text.Append(CultureInfo.InvariantCulture, $"grün €{text.Length} and on ");
        }

        return text.ToString();
    }
}
