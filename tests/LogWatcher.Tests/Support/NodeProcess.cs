using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace LogWatcher.Tests.Support;

/// <summary>
/// The real executable over real pipes. Whatever waits here waits for a line, for a word on stderr or for the exit; a node
/// that gives none of them is killed after <see cref="MaxLife"/>, so that the test fails instead of hanging.
/// </summary>
internal sealed partial class NodeProcess : IDisposable
{
    public const int Sigint = 2;
    public const int Sigterm = 15;

    private static readonly TimeSpan MaxLife = TimeSpan.FromSeconds(120);
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Process _process;
    private readonly Timer _watchdog;
    private readonly Task _errorsRead;
    private readonly StringBuilder _errors = new();
    private StreamReader? _output;

    private NodeProcess(ProcessStartInfo start, TimeSpan? maxLife = null)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.StandardErrorEncoding = Utf8;

        // The runtime that runs the tests runs the node, wherever it is installed.
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        _process = Process.Start(start)!;
        _watchdog = new Timer(_ => Kill(), null, maxLife ?? MaxLife, Timeout.InfiniteTimeSpan);
        _errorsRead = Task.Factory.StartNew(ReadErrors, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>
    /// Where the executable lies: the project reference copies it beside the tests. The variable names another one, e.g. that of
    /// a release build, which is compiled to machine code.
    /// </summary>
    public static string Executable { get; } = Environment.GetEnvironmentVariable("LOGWATCHER_EXECUTABLE") is { Length: > 0 } other
        ? Path.GetFullPath(other)
        : Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "logwatcher.exe" : "logwatcher");

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Stdin as bytes.</summary>
    public Stream Input => _process.StandardInput.BaseStream;

    /// <summary>Stdout as bytes; nothing reads it unless the test does.</summary>
    public Stream Output => _process.StandardOutput.BaseStream;

    public static NodeProcess Start(params string[] arguments) => new(new ProcessStartInfo(Executable, arguments));

    /// <summary>Another build of the node.</summary>
    public static NodeProcess StartOther(string executable, params string[] arguments) => new(new ProcessStartInfo(executable, arguments));

    /// <summary>A node that may live longer, or not as long, as others.</summary>
    public static NodeProcess Start(TimeSpan maxLife, params string[] arguments) => new(new ProcessStartInfo(Executable, arguments), maxLife);

    /// <summary>A node with these variables in its environment, beside those of the tests.</summary>
    public static NodeProcess Start(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(Executable, arguments);
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new NodeProcess(start);
    }

    /// <summary>Starts the node by a shell, which redirects as it is told, e.g. <c>2&gt;&amp;1</c>, and becomes the node.</summary>
    public static NodeProcess StartRedirected(string redirections, params string[] arguments) =>
        new(new ProcessStartInfo("/bin/sh", ["-c", $"exec \"$0\" \"$@\" {redirections}", Executable, .. arguments]));

    /// <summary>Starts the node with a limit of its open files (<c>ulimit</c>), e.g. <c>-Sn 200</c>.</summary>
    public static NodeProcess StartLimited(string limit, params string[] arguments) =>
        new(new ProcessStartInfo("/bin/sh", ["-c", $"ulimit {limit} && exec \"$0\" \"$@\"", Executable, .. arguments]));

    /// <summary>Feeds the node all at once and has everything that comes of it.</summary>
    public static NodeResult Run(byte[] input, params string[] arguments)
    {
        using var node = Start(arguments);
        var output = Task.Factory.StartNew(
            () => ReadToEnd(node.Output), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        node.Send(input);
        node.EndInput();
        var exitCode = node.WaitForExit();
        return new NodeResult(exitCode, output.GetAwaiter().GetResult(), node.Errors);
    }

    public static NodeResult Run(string input, params string[] arguments) => Run(Encoding.UTF8.GetBytes(input), arguments);

    public void Send(byte[] bytes)
    {
        try
        {
            Input.Write(bytes);
            Input.Flush();
        }
        catch (IOException)
        {
            // The node has gone before it read everything: what the test then looks at says so better.
        }
    }

    public void Send(string line) => Send(Encoding.UTF8.GetBytes(line + "\n"));

    public void EndInput()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // As above.
        }
    }

    /// <summary>Waits for the next line of stdout.</summary>
    /// <exception cref="EndOfStreamException">Stdout has ended.</exception>
    public string ReadLine() => ReadLineOrNull() ?? throw new EndOfStreamException("stdout has ended; stderr says: " + Errors);

    public string? ReadLineOrNull()
    {
        _output ??= new StreamReader(Output, Utf8);
        return _output.ReadLine();
    }

    /// <summary>Says init and waits for its answer: then the node runs, and its signal handlers are there.</summary>
    public NodeProcess Initialise()
    {
        Send(ChatLines.Init);
        ReadLine();
        return this;
    }

    /// <summary>What came on stderr so far; all of it once <see cref="WaitForExit"/> has returned.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString();
            }
        }
    }

    /// <summary>Closes the reading end of stdout, as <c>| head</c> does.</summary>
    public void CloseOutput() => _process.StandardOutput.Close();

    public void Signal(int signal) => _ = Kill(_process.Id, signal);

    /// <summary>Waits for the exit and for the end of stderr.</summary>
    public int WaitForExit()
    {
        _process.WaitForExit(MaxLife * 2);
        _errorsRead.GetAwaiter().GetResult();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        Kill();

        // What it held, a port or a socket, is free when this returns.
        _process.WaitForExit();
        _watchdog.Dispose();
        _process.Dispose();
    }

    private static byte[] ReadToEnd(Stream stream)
    {
        using var all = new MemoryStream();
        stream.CopyTo(all);
        return all.ToArray();
    }

    private void ReadErrors()
    {
        var buffer = new char[1024];
        while (_process.StandardError.Read(buffer) is var read and > 0)
        {
            lock (_errors)
            {
                _errors.Append(buffer, 0, read);
            }
        }
    }

    private void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended, or was never there.
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);
}

/// <summary>What a node left behind.</summary>
internal sealed record NodeResult(int ExitCode, byte[] Output, string Errors)
{
    public string[] OutputLines => Encoding.UTF8.GetString(Output).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public string[] ErrorLines => Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
