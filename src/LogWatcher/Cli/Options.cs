using LogWatcher.Node;
using LogWatcher.Rpc;

namespace LogWatcher.Cli;

/// <summary>Arguments that are none; the text says which and what would be right.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>What the command line asks for.</summary>
internal sealed record Options
{
    // More handlers than calls can live at once.
    private const int MaxWorkers = 1_000_000;

    // Slower, a call would hardly end; faster, there is nothing left to wait for.
    private const double MinPace = 0.01;
    private const double MaxPace = 1_000_000;

    // Entries: some gigabytes of short ones.
    private const int MaxCollectBuffer = 10_000_000;

    // Calls a second: more than any machine answers.
    private const int MaxRate = 1_000_000;

    public NodeOptions Node { get; init; } = new();

    /// <summary>What <c>logwatcher serve</c> was told; null: the node speaks on stdin and stdout.</summary>
    public ServeArguments? Serve { get; init; }

    /// <summary>Files, folders and globs to watch; none: the embedded sample.</summary>
    public IReadOnlyList<string> Logs { get; init; } = [];

    /// <summary>Live entries that wait for a slow watch at most; null: as many as usual.</summary>
    public int? WatchQueue { get; init; }

    /// <summary>What calls must bear; null: nothing, unless <see cref="TokenFile"/> says it.</summary>
    public string? Token { get; init; }

    /// <summary>The file that holds the token.</summary>
    public string? TokenFile { get; init; }

    /// <summary>Calls a second of one peer; null: any number.</summary>
    public int? Rate { get; init; }

    /// <summary>Handlers that run at once; null: any number.</summary>
    public int? Workers { get; init; }

    /// <summary>By what simulated work is divided; null: as usual.</summary>
    public double? Pace { get; init; }

    /// <summary>The folder of uploaded files; null: there is none.</summary>
    public string? Files { get; init; }

    /// <summary>The file with the story that is told; null: the built-in one.</summary>
    public string? Story { get; init; }

    /// <summary>Collected entries that are kept; null: as many as usual.</summary>
    public int? CollectBuffer { get; init; }

    /// <summary>The file that collected entries are appended to; null: none.</summary>
    public string? CollectTo { get; init; }

    /// <summary>Whether only a list of the services is wanted.</summary>
    public bool WantsServices { get; init; }

    public bool IsVerbose { get; init; }

    public bool WantsHelp { get; init; }

    public bool WantsVersion { get; init; }

    /// <summary>Reads the arguments; <c>serve</c> as the first chooses the door, <c>services</c> a list of what is behind them.</summary>
    /// <exception cref="UsageException">An argument is unknown, or its value is missing or out of range.</exception>
    public static Options Parse(IReadOnlyList<string> arguments)
    {
        if (arguments is [ServiceList.Command, ..])
        {
            return ReadServices(new ArgumentReader([.. arguments.Skip(1)]));
        }

        var isServe = arguments is [ServeArguments.Command, ..];
        var options = isServe ? new Options { Serve = new ServeArguments() } : new Options();
        var reader = new ArgumentReader(isServe ? [.. arguments.Skip(1)] : arguments);
        while (reader.Read())
        {
            options = options.ReadShared(reader)
                ?? (isServe ? options.ReadServe(reader) : options.ReadNode(reader))
                ?? throw new UsageException($"unknown argument \"{reader.Argument}\"");
        }

        if (options is { Token: not null, TokenFile: not null })
        {
            throw new UsageException("--token and --token-file both say the token; give one of them");
        }

        if (options.Token is { } token && !TokenAuthentication.CanBeSent(token))
        {
            throw new UsageException($"--token must be {TokenAuthentication.Sendable}");
        }

        return options is { WantsHelp: false, WantsVersion: false, Serve: { } serve } ? options with { Serve = serve.Checked() } : options;
    }

    private static Options ReadServices(ArgumentReader reader)
    {
        var options = new Options { WantsServices = true };
        while (reader.Read())
        {
            options = reader.Name is "--help" or "-h"
                ? options with { WantsHelp = reader.Flag() }
                : throw new UsageException($"unknown argument \"{reader.Argument}\"");
        }

        return options;
    }

    /// <summary>Takes an option of both doors; null: it is none.</summary>
    private Options? ReadShared(ArgumentReader reader) => reader.Name switch
    {
        "--help" or "-h" => this with { WantsHelp = reader.Flag() },
        "--version" => this with { WantsVersion = reader.Flag() },
        "--verbose" => this with { IsVerbose = reader.Flag() },
        "--logs" => this with { Logs = [.. Logs, reader.Value()] },
        "--watch-queue" => this with { WatchQueue = reader.Integer(1, 1_000_000) },
        "--grace" => this with { Node = Node with { Grace = reader.Seconds(0, 86_400) } },
        "--token" => this with { Token = reader.Value() },
        "--token-file" => this with { TokenFile = reader.Value() },
        "--workers" => this with { Workers = reader.Integer(1, MaxWorkers) },
        "--pace" => this with { Pace = reader.Number(MinPace, MaxPace) },
        "--files" => this with { Files = reader.Value() },
        "--story" => this with { Story = reader.Value() },
        "--collect-buffer" => this with { CollectBuffer = reader.Integer(1, MaxCollectBuffer) },
        "--collect-to" => this with { CollectTo = reader.Value() },
        "--rate" => this with { Rate = reader.Integer(1, MaxRate) },
        _ => null,
    };

    private Options? ReadNode(ArgumentReader reader) => reader.Name switch
    {
        "--max-line-bytes" => this with { Node = Node with { MaxLineBytes = reader.Integer(64, 1024 * 1024 * 1024) } },
        "--max-calls" => this with { Node = Node with { MaxCalls = reader.Integer(1, 1_000_000) } },
        _ => null,
    };

    private Options? ReadServe(ArgumentReader reader) => Serve!.Read(reader) is { } serve ? this with { Serve = serve } : null;
}
