using System.Buffers.Text;
using System.Text;
using LogWatcher.Logs;
using LogWatcher.Logs.Reading;
using LogWatcher.Protos.V1;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;
using LogEntry = LogWatcher.Protos.V1.LogEntry;

namespace LogWatcher.Tests.Http2;

/// <summary>
/// No request reaches a file outside what <c>--logs</c> gave: neither by names, nor by the cursors of other nodes, nor by cursors
/// that somebody has made. On the real executable.
/// </summary>
public sealed class ContainmentTests(ITestOutputHelper output) : IDisposable
{
    private const string Watch = "/logwatcher.v1.LogWatcher/WatchLogs";
    private const string Secret = "secret";
    private const int ForgedCursors = 500;

    private readonly TempFolder _folder = new();

    /// <summary>What may be given as <c>--logs</c>.</summary>
    public static TheoryData<string> Given => ["logs/app.log", "logs/app.log.1", "logs/*.log", "logs/**/*.log", "logs"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Given))]
    public async Task No_source_leads_out(string given)
    {
        using var node = Start(given);
        await using var client = await FrameClient.ConnectAsync(node.EndPoints[0]);
        foreach (var source in new[]
        {
            "/etc/passwd", "/etc/*", "/**", "**", "*", "../**", "..", "../outside/app.log", "*/../../outside/*",
            _folder["outside/app.log"], _folder["outside/*"], _folder["logs/../outside/app.log"], _folder["logs/out/app.log"],
            _folder["logs/out/*"], _folder["**/app.log"], "out/app.log", "private.key", _folder["logs/private.key"], "app.log\0", "file:///etc/passwd",
        })
        {
            var reply = await client.CallAsync(Watch, new WatchLogsRequest { Sources = { source } });

            reply.Status.Should().Be("0");
            Read(reply).Should().NotContain(text => !text.StartsWith("inside", StringComparison.Ordinal), "of {0}", source);
        }

        var all = await client.CallAsync(Watch, new WatchLogsRequest());
        Read(all).Should().StartWith(["inside one", "inside two"]);
    }

    [Theory]
    [MemberData(nameof(Given))]
    public async Task No_cursor_of_another_node_leads_out(string given)
    {
        using var node = Start(given);
        await using var client = await FrameClient.ConnectAsync(node.EndPoints[0]);
        foreach (var (path, cursor) in await CursorsAsync())
        {
            await AskAsync(client, cursor.ToString(), $"of {path}");
        }
    }

    [Theory]
    [MemberData(nameof(Given))]
    public async Task No_cursor_that_was_made_by_hand_leads_out(string given)
    {
        var random = Randomness.Create(output);
        using var node = Start(given);
        await using var client = await FrameClient.ConnectAsync(node.EndPoints[0]);
        var inside = _folder[Inside(given)];
        var cursors = await CursorsAsync();
        foreach (var (path, cursor) in cursors)
        {
            // Its file from its start, in its own name's place and in that of a log which may be watched.
            var start = cursor.Place with { Position = LinePosition.Start, Mark = ContentMark.Of([], []), ChangedBy = 0 };
            foreach (var source in new[] { cursor.SourceHash, Cursor.HashOf(inside), Cursor.HashOf(""), Cursor.HashOf(_folder["logs"]) })
            {
                foreach (var place in new[] { start, cursor.Place })
                {
                    await AskAsync(client, (cursor with { SourceHash = source, Place = place, WatchedSince = 0 }).ToString(), $"of {path}");
                    await AskAsync(client, (cursor with { SourceHash = source, Place = start, Other = place, IsOtherNewer = true }).ToString(), $"of {path}");
                }
            }
        }

        for (var forged = 0; forged < ForgedCursors; forged++)
        {
            var bytes = Base64Url.DecodeFromChars(random.Pick([.. cursors]).Cursor.ToString());
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            // Half of them with a checksum that fits.
            if (random.Next(2) == 0)
            {
                var check = (ushort)ContentHash.Of(bytes.AsSpan(..^2));
                (bytes[^2], bytes[^1]) = ((byte)check, (byte)(check >> 8));
            }

            await AskAsync(client, Base64Url.EncodeToString(bytes), $"bytes {forged}");
        }

        node.Process.Errors.Should().NotContain(Secret).And.NotContain("failed");
    }

    [Fact]
    public async Task A_link_to_a_file_is_a_file_of_its_folder()
    {
        var target = _folder.Write("outside/pod.log", "INFO of a container\n");
        Directory.CreateDirectory(_folder["containers"]);
        File.CreateSymbolicLink(_folder["containers/pod.log"], target);
        using var node = ServeProcess.Start("--listen", "http://127.0.0.1:0", "--logs", _folder["containers"]);
        await using var client = await FrameClient.ConnectAsync(node.EndPoints[0]);

        var entry = (await client.CallAsync(Watch, new WatchLogsRequest())).Messages(LogEntry.Parser).Should().ContainSingle().Subject;

        entry.Msg.Should().Be("of a container");
        entry.Source.Should().Be(_folder["containers/pod.log"], "whoever made the link has put the file into the folder");
    }

    /// <summary>The node for one of <see cref="Given"/>, with files inside and others beside and around it.</summary>
    private ServeProcess Start(string given)
    {
        _folder.Write(Inside(given), "INFO inside one\nINFO inside two\n");
        foreach (var path in Outside(given))
        {
            _folder.Write(path, $"INFO {Secret} one of {path}\nINFO {Secret} two\n");
        }

        File.CreateSymbolicLink(_folder["logs/out"], _folder["outside"]);
        return ServeProcess.Start("--listen", "http://127.0.0.1:0", "--logs", _folder[given]);
    }

    /// <summary>The one file that is of what was given.</summary>
    private static string Inside(string given) => given == "logs/app.log.1" ? given : "logs/app.log";

    /// <summary>Files that are not, those in its folder too, under names that it might have been rotated from.</summary>
    private static IEnumerable<string> Outside(string given) => given switch
    {
        "logs" => ["outside/app.log", "logs/deeper/app.log"],
        "logs/app.log.1" => ["outside/app.log", "logs/app.log", "logs/app", "logs/private.key"],
        _ => ["outside/app.log", "logs/app", "logs/private.key"],
    };

    /// <summary>Cursors behind the first entries of all files there are, given by a node that watches just that file.</summary>
    private async Task<List<(string Path, Cursor Cursor)>> CursorsAsync()
    {
        var cursors = new List<(string, Cursor)>();
        foreach (var path in Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories))
        {
            var query = new WatchQuery(LogWatcher.Logs.Filters.Filter.Parse(""), Follow: false, Limit: 1, Sources: []);
            await foreach (var entry in LogSet.Open([path], TimeProvider.System, useHints: false).WatchAsync(query, () => { }, CancellationToken.None))
            {
                cursors.Add((path, entry.Place!.ToCursor(FileClock.Now)));
            }
        }

        cursors.Should().HaveCountGreaterThan(2);
        return cursors;
    }

    private static async Task AskAsync(FrameClient client, string cursor, string what)
    {
        var reply = await client.CallAsync(Watch, new WatchLogsRequest { After = { cursor } });

        reply.Status.Should().BeOneOf(["0", "3", "11"], what);
        Read(reply).Should().NotContain(text => !text.StartsWith("inside", StringComparison.Ordinal), what);
        (reply.Message ?? "").Should().NotContain(Secret);
    }

    private static IEnumerable<string> Read(CallReply reply) => reply.Messages(LogEntry.Parser).Select(entry => entry.Msg);
}
