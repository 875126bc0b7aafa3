namespace LogWatcher.Tests.Support;

/// <summary>
/// A conversation with a node, as it stands in a file: <c>$</c> before its arguments (<c>FOLDER</c> is a fresh one), <c>&gt;</c> before a line for
/// stdin, <c>&lt;</c> before an answer, which is waited for before the next line is sent, and <c>.</c> for the end of stdin, which is
/// otherwise behind the last line. A <c>&lt;</c> alone waits for an answer that nobody has accepted yet.
/// </summary>
internal sealed record Conversation(IReadOnlyList<string> Lines)
{
    public const char Said = '>';
    public const char Answered = '<';
    public const string EndOfInput = ".";

    private const char Argued = '$';

    public string Text => string.Concat(Lines.Select(line => line + "\n"));

    public static Conversation Read(string path) => new(File.ReadAllLines(path));

    /// <summary>The node's arguments.</summary>
    public string[] Arguments(TempFolder folder) =>
        [.. Lines.Where(line => line.StartsWith(Argued)).SelectMany(line => line[1..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(argument => argument.Replace("FOLDER", folder.Path, StringComparison.Ordinal))];

    /// <summary>Has it with the real executable.</summary>
    /// <returns>What became of it, in the same form, with <see cref="Varying"/> settled.</returns>
    public Conversation Hold(out (int ExitCode, string Errors) result)
    {
        using var folder = new TempFolder();
        using var node = NodeProcess.Start(Arguments(folder));
        var held = new List<string>();
        foreach (var line in Lines.TakeWhile(line => line != EndOfInput))
        {
            if (!line.StartsWith(Answered))
            {
                held.Add(line);
            }

            if (line.StartsWith(Said))
            {
                node.Send(line[2..]);
            }
            else if (line.StartsWith(Answered) && node.ReadLineOrNull() is { } answer)
            {
                held.Add(AnswerOf(answer));
            }
        }

        node.EndInput();
        var atEnd = new List<string>();
        while (node.ReadLineOrNull() is { } answer)
        {
            atEnd.Add(AnswerOf(answer));
        }

        result = (node.WaitForExit(), node.Errors);
        return new Conversation(atEnd.Count > 0 || Lines.Contains(EndOfInput) ? [.. held, EndOfInput, .. atEnd] : held);
    }

    private static string AnswerOf(string line) => $"{Answered} {Varying.Settle(line)}";
}
