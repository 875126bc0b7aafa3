using System.Text;
using System.Text.Json;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Torture;

/// <summary>
/// The real executable with some watches, all read by one thread as fast as it goes. Killed, it takes with it what it had not
/// written; whatever stands in the pipe is still read, and its last line counts only if it is whole.
/// </summary>
internal sealed class TortureNode(TortureRun run, Watched watched) : IDisposable
{
    private const int Sigkill = 9;

    private readonly List<TortureWatch> _watches = [];
    private NodeProcess? _process;
    private Thread? _reader;
    private bool _mayEnd;
    private bool _isStarting;

    public Watched Watched => watched;

    /// <summary>Starts the process, and its watches: resumed by their cursors, if they have any.</summary>
    public void Start()
    {
        _mayEnd = false;
        run.BeginToStart();
        _isStarting = true;
        var process = NodeProcess.Start(run.MaxLife, [.. Arguments().SelectMany(path => new[] { "--logs", path })]);
        _process = process;
        process.Send(ChatLines.Init);
        lock (run.Gate)
        {
            _watches.ForEach(Send);
        }

        _reader = new Thread(() => Read(process)) { IsBackground = true };
        _reader.Start();
    }

    /// <summary>Begins one more watch.</summary>
    public void Add(TortureWatch watch)
    {
        lock (run.Gate)
        {
            watch.Begin();
            _watches.Add(watch);
            run.Watches.Add(watch);
            if (_process is not null)
            {
                run.Note($"{watch} begins");
                Send(watch);
            }
        }
    }

    /// <summary>Kills the process at once, and reads what it has left in the pipe.</summary>
    public void Kill()
    {
        _mayEnd = true;
        _process!.Signal(Sigkill);
        _reader!.Join();
        EndToStart();
        _process.Dispose();
        _process = null;
    }

    /// <summary>It has found its paths, or will not any more.</summary>
    private void EndToStart()
    {
        if (_isStarting)
        {
            _isStarting = false;
            run.EndToStart();
        }
    }

    /// <summary>Ends the input, and reads what comes until the process ends by itself.</summary>
    /// <returns>The exit code, and what was said on stderr.</returns>
    public (int ExitCode, string Errors) End()
    {
        lock (run.Gate)
        {
            _mayEnd = true;
        }

        _process!.EndInput();
        _reader!.Join();
        return (_process.WaitForExit(), _process.Errors);
    }

    public void Dispose()
    {
        lock (run.Gate)
        {
            _mayEnd = true;
        }

        _process?.Dispose();
        _reader?.Join();
    }

    private IEnumerable<string> Arguments() => watched switch
    {
        Watched.Folder => [run.Folder.Path],
        Watched.Glob => [run.Folder["**/w*.log*"]],
        Watched.Names => [run.Folder["*.log"]],
        _ => run.Writers.Where(writer => writer.IsNamed).Select(writer => writer.Path),
    };

    private void Send(TortureWatch watch)
    {
        var request = JsonSerializer.Serialize(new { filter = watch.Filter.Text, follow = true });
        if (watch.Cursors.Count > 0)
        {
            request = JsonSerializer.Serialize(new { filter = watch.Filter.Text, follow = true, after = watch.Cursors.Values });
        }

        // The number of the call is that of the watch, from 100 on.
        _process!.Send(ChatLines.Watch(100 + _watches.IndexOf(watch), request[1..^1]));
    }

    private void Read(NodeProcess process)
    {
        var buffer = new byte[1 << 16];
        var length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, 2 * buffer.Length);
            }

            int read;
            try
            {
                read = process.Output.Read(buffer, length, buffer.Length - length);
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException)
            {
                return;
            }

            length += read;
            lock (run.Gate)
            {
                if (read == 0)
                {
                    if (!_mayEnd)
                    {
                        run.Fail($"the node that watches {watched} has ended by itself: {process.Errors}");
                    }

                    return;
                }

                length = TakeLines(buffer, length);
                Monitor.PulseAll(run.Gate);
            }
        }
    }

    private int TakeLines(byte[] buffer, int length)
    {
        var start = 0;
        for (int end; (end = buffer.AsSpan(start, length - start).IndexOf((byte)'\n')) >= 0; start += end + 1)
        {
            Take(buffer.AsMemory(start, end));
        }

        buffer.AsSpan(start, length - start).CopyTo(buffer);
        return length - start;
    }

    private void Take(ReadOnlyMemory<byte> line)
    {
        using var message = JsonDocument.Parse(line);
        var body = message.RootElement.GetProperty("body");
        var type = body.GetProperty("type").GetString();
        if (type == "init_ok")
        {
            EndToStart();
            return;
        }

        var index = body.TryGetProperty("in_reply_to", out var id) ? id.GetInt32() - 100 : -1;
        if (index < 0 || index >= _watches.Count)
        {
            run.Fail($"the node that watches {watched} says: {Encoding.UTF8.GetString(line.Span)}");
            return;
        }

        var watch = _watches[index];
        if (type == "grpc_stream_msg")
        {
            var data = body.GetProperty("data");
            if (watch.Receive(data) is { } wrong)
            {
                run.Fail($"{watch}: {wrong}");
            }
        }
        else if (type != "grpc_stream_end" || !_mayEnd)
        {
            run.Fail($"{watch} has ended: {Encoding.UTF8.GetString(line.Span)} {_process?.Errors}");
        }
        else if (body.TryGetProperty("trailers", out var trailers) && trailers.TryGetProperty("suppressed", out var suppressed))
        {
            watch.AddSuppressed(long.Parse(suppressed.ToString(), System.Globalization.CultureInfo.InvariantCulture));
            run.Fail($"{watch}: {suppressed} suppressed at the end");
        }
    }
}
