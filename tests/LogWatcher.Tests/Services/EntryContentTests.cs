using System.Text;
using Google.Protobuf;
using LogWatcher.Logs;
using LogWatcher.Logs.Reading;
using LogWatcher.Rpc;
using LogWatcher.Services;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;
using Entry = LogWatcher.Logs.LogEntry;
using LogEntry = LogWatcher.Protos.V1.LogEntry;

namespace LogWatcher.Tests.Services;

/// <summary>An entry written straight as JSON, beside what is read from its protobuf: both doors say the same.</summary>
public sealed class EntryContentTests(ITestOutputHelper log)
{
    private const int Rounds = 2_000;

    private const long WatchedSince = 17_900_000_000_000_000;

    private static readonly byte[][] Texts =
    [
        [], "a"u8.ToArray(), "b"u8.ToArray(), "\"\\/\b\f\n\r\t\0\u001f\u007f"u8.ToArray(), "é€😀\u2028"u8.ToArray(), [0xff, (byte)'x'], [0xe2, 0x82],
        [0xac, (byte)'"'], Encoding.UTF8.GetBytes(new string('x', 300)),
    ];

    [Fact]
    public void The_JSON_is_that_of_the_message()
    {
        var random = Randomness.Create(log);
        var content = new EntryContent(WatchedSince);
        for (var round = 0; round < Rounds; round++)
        {
            var message = content.MessageOf(RandomEntry(random));
            var written = Write(message);
            written.Should().Be(Write(Parse(message)), "round {0}", round);
        }
    }

    [Fact]
    public void Protobuf_has_the_fields_of_the_entry_last_asked_for()
    {
        var content = new EntryContent(WatchedSince);
        Parse(content.MessageOf(EntryOf("first", ("a", "1"), ("b", "2")))).Should().Be(
            new LogEntry { Msg = "first", Fields = { ["a"] = "1", ["b"] = "2" } });
        Parse(content.MessageOf(EntryOf("second", ("a", "3")) with { Level = LogLevel.Warn, Suppressed = 7 })).Should().Be(
            new LogEntry { Msg = "second", Level = "WARN", Suppressed = 7, Fields = { ["a"] = "3" } });
        Parse(content.MessageOf(EntryOf(""))).Should().Be(new LogEntry());
    }

    [Fact]
    public void Of_a_name_given_twice_the_last_counts()
    {
        Write(EntryOf("m", ("a", "1"), ("b", "2"), ("a", "3"))).Should().Be("""{"msg": "m", "fields": {"b": "2", "a": "3"}}""");

        var many = Enumerable.Range(0, 100).Select(index => ($"n{index % 50}", $"{index}")).ToArray();
        EntryOf("m", many).Fields.Should().Equal(many[50..].Select(field => KeyValuePair.Create(field.Item1, field.Item2)));
    }

    [Fact]
    public void Names_that_only_bad_UTF8_tells_apart_are_one()
    {
        var view = new EntryView();
        view.Begin("m"u8.ToArray(), "");
        view.AddField([0xff], "1"u8);
        view.AddField([0xfe], "2"u8);

        Write(Entry.From(view)).Should().Be("{\"msg\": \"m\", \"fields\": {\"\uFFFD\": \"2\"}}");
    }

    private static Entry EntryOf(string message, params (string Name, string Value)[] fields)
    {
        var view = new EntryView();
        view.Begin(Encoding.UTF8.GetBytes(message), "");
        foreach (var (name, value) in fields)
        {
            view.AddField(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(value));
        }

        return Entry.From(view);
    }

    private static Entry RandomEntry(Random random)
    {
        var view = new EntryView();
        view.Begin(Text(), random.Next(2) == 0 ? "" : "/logs/ä \"b\".log");
        view.Level = (LogLevel)random.Next((int)LogLevel.Fatal + 1);
        view.Time = random.Next(3) == 0 ? null : new LogTime(random.Next(), random.Next(2) * random.Next(1_000_000_000));
        for (var count = random.Next(random.Next(2) == 0 ? 5 : 60); count > 0; count--)
        {
            view.AddField(Text(), Text());
        }

        var place = random.Next(3) == 0 ? null : new EntryPlace((uint)random.Next(), Place(), random.Next(2) == 0 ? null : Place(), random.Next(2) == 0);
        return Entry.From(view, place) with { Suppressed = random.Next(3) switch { 0 => 0, 1 => random.Next(), _ => random.NextInt64() } };

        byte[] Text() => Texts[random.Next(Texts.Length)];

        FilePlace Place() => new(
            (ulong)random.NextInt64(1L << 48), new LinePosition(random.NextInt64(1L << 40)), new ContentMark(random.Next(1024), 5, random.Next(64), 7));
    }

    private static string Write(Entry entry) => Write(new EntryContent(WatchedSince).MessageOf(entry));

    private static string Write(LogEntry message)
    {
        var output = new JsonOutput();
        MessageJson<LogEntry>.Instance.Write(output, message);
        return Encoding.UTF8.GetString(output.Written);
    }

    private static LogEntry Parse(LogEntry message)
    {
        var framed = new JsonOutput();
        LengthPrefixedMessage.Write(framed, message, MessageEncoding.Identity);
        return LengthPrefixedMessage.Parse(framed.Written, MessageEncoding.Identity, LogEntry.Parser);
    }
}
