using System.Text;

namespace LogWatcher.Cli;

/// <summary>Lines for people, on stderr: whole ones, each with the program's name before it. Any thread.</summary>
internal sealed class ErrorLog(Stream stderr)
{
    private readonly Lock _gate = new();

    public void WriteLine(string text)
    {
        var line = Encoding.UTF8.GetBytes($"logwatcher: {text}\n");
        lock (_gate)
        {
            try
            {
                stderr.Write(line);
                stderr.Flush();
            }
            catch (IOException)
            {
                // Nobody reads stderr, and there is nowhere to say so.
            }
        }
    }
}
