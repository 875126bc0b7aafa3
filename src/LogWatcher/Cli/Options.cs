using System.Globalization;
using LogWatcher.Node;

namespace LogWatcher.Cli;

/// <summary>Arguments that are none; the text says which and what would be right.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>What the command line asks for.</summary>
internal sealed record Options
{
    public NodeOptions Node { get; init; } = new();

    /// <summary>Files, folders and globs to watch; none: the embedded sample.</summary>
    public IReadOnlyList<string> Logs { get; init; } = [];

    /// <summary>Live entries that wait for a slow watch at most; null: as many as usual.</summary>
    public int? WatchQueue { get; init; }

    public bool IsVerbose { get; init; }

    public bool WantsHelp { get; init; }

    public bool WantsVersion { get; init; }

    /// <summary>Reads the arguments. <c>--name value</c> and <c>--name=value</c> are the same.</summary>
    /// <exception cref="UsageException">An argument is unknown, or its value is missing or out of range.</exception>
    public static Options Parse(IReadOnlyList<string> arguments)
    {
        var options = new Options();
        var logs = new List<string>();
        for (var index = 0; index < arguments.Count; index++)
        {
            var (name, value) = Split(arguments[index]);
            switch (name)
            {
                case "--help" or "-h":
                    options = options with { WantsHelp = Flag() };
                    break;
                case "--version":
                    options = options with { WantsVersion = Flag() };
                    break;
                case "--verbose":
                    options = options with { IsVerbose = Flag() };
                    break;
                case "--logs":
                    logs.Add(Value());
                    break;
                case "--watch-queue":
                    options = options with { WatchQueue = Integer(1, 1_000_000) };
                    break;
                case "--max-line-bytes":
                    options = options with { Node = options.Node with { MaxLineBytes = Integer(64, 1024 * 1024 * 1024) } };
                    break;
                case "--max-calls":
                    options = options with { Node = options.Node with { MaxCalls = Integer(1, 1_000_000) } };
                    break;
                case "--grace":
                    options = options with { Node = options.Node with { Grace = Seconds(0, 86_400) } };
                    break;
                default:
                    throw new UsageException($"unknown argument \"{arguments[index]}\"");
            }

            bool Flag() => value is null ? true : throw new UsageException($"{name} takes no value");

            string Value()
            {
                value ??= index + 1 < arguments.Count ? arguments[++index] : throw new UsageException($"{name} needs a value");
                return value.Length > 0 ? value : throw new UsageException($"{name} needs a value that is not empty");
            }

            int Integer(int min, int max) =>
                int.TryParse(Value(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
                    ? number
                    : throw new UsageException($"{name} must be an integer from {min} to {max}, not \"{value}\"");

            TimeSpan Seconds(int min, int max) =>
                double.TryParse(Value(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                && number >= min && number <= max
                    ? TimeSpan.FromSeconds(number)
                    : throw new UsageException($"{name} must be seconds from {min} to {max}, not \"{value}\"");
        }

        return options with { Logs = logs };
    }

    private static (string Name, string? Value) Split(string argument)
    {
        var equals = argument.StartsWith("--", StringComparison.Ordinal) ? argument.IndexOf('=') : -1;
        return equals < 0 ? (argument, null) : (argument[..equals], argument[(equals + 1)..]);
    }
}
