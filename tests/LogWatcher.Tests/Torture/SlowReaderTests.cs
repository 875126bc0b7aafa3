using System.Globalization;
using System.Text;
using System.Text.Json;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Torture;

/// <summary>A client that stops reading loses entries, and is told of each.</summary>
[Trait("Node", "executable")]
public sealed class SlowReaderTests
{
    /// <summary>Far more than the queues and the pipe hold.</summary>
    private const int Lines = 100_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [Fact]
    public void Each_gap_is_as_wide_as_suppressed_says()
    {
        using var folder = new TempFolder();
        var path = folder.Write("app.log", "ERROR 0\n");
        using var node = NodeProcess.Start("--logs", path).Initialise();
        node.Send(ChatLines.Watch(100, "\"follow\":true"));
        node.Send(ChatLines.Watch(101, "\"filter\":\"ERROR\",\"follow\":true"));
        var seen = new Dictionary<int, Seen> { [100] = new(every: 1), [101] = new(every: 4) };
        while (seen.Values.Any(watch => watch.Last < 0))
        {
            Take(node.ReadLine(), seen);
        }

        // Nobody reads now; that the node has read all of it shows in what the system counts.
        var text = new StringBuilder();
        for (var line = 1; line < Lines; line++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{(line % 4 == 0 ? "ERROR" : "INFO")} {line}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"ERROR {Lines}\n");
        var read = BytesRead(node.Id);
        folder.Append("app.log", text.ToString());
        SpinWait.SpinUntil(() => BytesRead(node.Id) - read >= text.Length, Patience).Should().BeTrue("the log is read, whoever is slow");
        while (seen.Values.Any(watch => watch.Last < Lines))
        {
            Take(node.ReadLine(), seen);
        }

        seen[100].Suppressed.Should().BePositive("more was written than is held for anybody");
        seen[100].Count.Should().Be(Lines + 1);
        seen[101].Count.Should().Be((Lines / 4) + 1);
    }

    private static void Take(string line, Dictionary<int, Seen> seen)
    {
        using var message = JsonDocument.Parse(line);
        var body = message.RootElement.GetProperty("body");
        body.GetProperty("type").GetString().Should().Be("grpc_stream_msg", line);
        var data = body.GetProperty("data");
        seen[body.GetProperty("in_reply_to").GetInt32()].Take(
            int.Parse(data.GetProperty("msg").GetString()!, CultureInfo.InvariantCulture),
            data.TryGetProperty("suppressed", out var suppressed) ? suppressed.GetInt64() : 0);
    }

    private static long BytesRead(int processId) => long.Parse(
        File.ReadLines($"/proc/{processId}/io").First(line => line.StartsWith("rchar:", StringComparison.Ordinal))[6..], CultureInfo.InvariantCulture);

    /// <summary>What a watch has got that wants every so manieth line.</summary>
    private sealed class Seen(int every)
    {
        public int Last { get; private set; } = -every;

        public long Suppressed { get; private set; }

        /// <summary>Entries delivered and suppressed.</summary>
        public long Count { get; private set; }

        public void Take(int number, long suppressed)
        {
            number.Should().Be((int)(Last + every + (suppressed * every)), "{0} were suppressed after {1}", suppressed, Last);
            Last = number;
            Suppressed += suppressed;
            Count += 1 + suppressed;
        }
    }
}
