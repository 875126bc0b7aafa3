using System.Text;
using LogWatcher.Logs;
using LogWatcher.Logs.Formats;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Logs.Formats;

/// <summary>A line and what is seen in it: <c>LEVEL time "msg" field=value …</c>; what isn't there is left out.</summary>
public sealed class FormatTests
{
    [Theory]
    [InlineData("""{"time":"2026-11-20T10:00:00.123Z","level":"error","msg":"disk full","host":"a"}""", "ERROR 2026-11-20T10:00:00.123Z \"disk full\" host=a")]
    [InlineData("""{"level":50,"time":1763632800123,"pid":7,"hostname":"h","msg":"boom"}""", "ERROR 2025-11-20T10:00:00.123Z \"boom\" pid=7 hostname=h")]
    [InlineData("""{"name":"app","hostname":"h","pid":1,"level":30,"msg":"up","time":"2026-11-20T10:00:00.000Z","v":0}""", "INFO 2026-11-20T10:00:00Z \"up\" name=app hostname=h pid=1 v=0")]
    [InlineData("""{"@t":"2026-11-20T10:00:00.1234567Z","@mt":"Hello {Name}","@l":"Warning","Name":"x"}""", "WARN 2026-11-20T10:00:00.1234567Z \"Hello x\" @mt=Hello {Name} Name=x")]
    [InlineData("""{"@timestamp":"2026-11-20T10:00:00+01:00","log.level":"WARN","message":"m","ecs":{"version":"1.2"}}""", "WARN 2026-11-20T09:00:00Z \"m\" ecs.version=1.2")]
    [InlineData("""{"@timestamp":"2026-11-20T10:00:00Z","log":{"level":"debug","logger":"x"},"message":"m"}""", "DEBUG 2026-11-20T10:00:00Z \"m\" log.logger=x")]
    [InlineData("""{"ts":1763632800.1234567,"level":"info","caller":"a.go:1","msg":"m"}""", "INFO 2025-11-20T10:00:00.1234567Z \"m\" caller=a.go:1")]
    [InlineData("""{"level":"info","ts":1.7636328001234567e+09,"msg":"m"}""", "INFO 2025-11-20T10:00:00.123457Z \"m\"")]
    [InlineData("""{"LEVEL":"Information","Message":"m","Timestamp":"2026-11-20 10:00:00,5"}""", "INFO 2026-11-20T10:00:00.5Z \"m\"")]
    [InlineData("""{"severity":"CRITICAL","textPayload":"x","timestamp":"2026-11-20T10:00:00Z"}""", "FATAL 2026-11-20T10:00:00Z \"x\"")]
    [InlineData("""{"version":"1.1","host":"h","short_message":"m","timestamp":1763632800.5,"level":3}""", "ERROR 2025-11-20T10:00:00.5Z \"m\" version=1.1 host=h")]
    [InlineData("""{"timeUnixNano":"1763632800123456789","severityNumber":17,"severityText":"Error","body":{"stringValue":"m"}}""", "ERROR 2025-11-20T10:00:00.123456789Z \"m\" severityText=Error")]
    [InlineData("""{"severityNumber":13,"body":{"stringValue":"m"}}""", "WARN \"m\"")]
    [InlineData("""{"PRIORITY":"4","MESSAGE":"m","__REALTIME_TIMESTAMP":"1763632800123456"}""", "WARN 2025-11-20T10:00:00.123456Z \"m\"")]
    [InlineData("""{"event":"user_login","level":"info","timestamp":"2026-11-20T10:00:00Z"}""", "INFO 2026-11-20T10:00:00Z \"user_login\"")]
    [InlineData("""{"event":"click","msg":"m"}""", "\"m\" event=click")]
    [InlineData("""{"msg":"a\n\"b\"\\ \u00e9 \ud83d\ude00 \ud83d","k\u0065y":"\t"}""", "\"a\n\"b\"\\ é 😀 \uFFFD\" key=\t")]
    [InlineData("""{"a":{"b":{"c":1.5e3}},"list":[1,{"x":"]"},[]],"t":true,"f":false,"n":null,"e":""}""", "\"\" a.b.c=1.5e3 list=[1,{\"x\":\"]\"},[]] t=true f=false e=")]
    [InlineData("""  { "msg" : "m" , "a" : -1 } """, "\"m\" a=-1")]
    [InlineData("""{"msg":"a","msg":"b"}""", "\"b\"")]
    [InlineData("""{"level":"loud","time":"soon","msg":{"x":1}}""", "\"\" level=loud time=soon msg.x=1")]
    [InlineData("""{}""", "\"\"")]
    public void Json(string line, string expected) => See(line).Should().Be(expected);

    [Theory]
    [InlineData("{not json}")]
    [InlineData("""{"a":1} trailing""")]
    [InlineData("""{"a":1""")]
    [InlineData("""{"a":}""")]
    [InlineData("""{"a":"x""")]
    [InlineData("""{"a":"\x"}""")]
    [InlineData("""{"a":[1,}""")]
    [InlineData("""{"a":"1",}""")]
    [InlineData("""{"a":tru}""")]
    [InlineData("""{"a":-}""")]
    [InlineData("""[1,2,3]""")]
    [InlineData("""{"a":"\u12""")]
    public void What_only_looks_like_json_is_the_message(string line) => See(line).Should().Be($"\"{line}\"");

    [Fact]
    public void Braces_without_end_are_no_json()
    {
        var line = string.Concat(Enumerable.Repeat("{\"a\":", 100_000));
        See(line).Should().Be($"\"{line}\"");
    }

    [Theory]
    [InlineData("time=2026-11-20T10:00:00Z level=error msg=\"disk full\" host=a", "ERROR 2026-11-20T10:00:00Z \"disk full\" host=a")]
    [InlineData("time=\"2026-11-20T10:00:00+01:00\" level=warning msg=\"A \\\"walrus\\\" appears\" size=10", "WARN 2026-11-20T09:00:00Z \"A \"walrus\" appears\" size=10")]
    [InlineData("time=2026-11-20T10:00:00.000+00:00 level=INFO+2 msg=hello count=3", "INFO 2026-11-20T10:00:00Z \"hello\" count=3")]
    [InlineData("ts=2026-11-20T10:00:00.123Z caller=main.go:1 level=debug msg=x", "DEBUG 2026-11-20T10:00:00.123Z \"x\" caller=main.go:1")]
    [InlineData("t=2026-11-20T10:00:00+0000 lvl=eror msg=\"Failed\" logger=context", "ERROR 2026-11-20T10:00:00Z \"Failed\" logger=context")]
    [InlineData("level=error msg=disk full now host=a", "ERROR \"disk full now\" host=a")]
    [InlineData("at=info method=GET path=/ host=x fwd=\"1.2.3.4\" cached", "\"at=info method=GET path=/ host=x fwd=\"1.2.3.4\" cached\"")]
    [InlineData("level=info tag cached msg=\"x\"", "INFO \"x\" tag= cached=")]
    [InlineData("method=GET path=/ status=200", "\"\" method=GET path=/ status=200")]
    [InlineData("level=info msg= empty=\"\"", "INFO \"\" empty=")]
    public void Logfmt(string line, string expected) => See(line).Should().Be(expected);

    [Theory]
    [InlineData("x=1")]
    [InlineData("x=1 and y=2")]
    [InlineData("if a=b then c=d")]
    [InlineData("PATH=/usr/bin is set")]
    [InlineData("=x y=z")]
    [InlineData("level=\"unclosed")]
    [InlineData("a=\"b\"c d=e")]
    [InlineData("http://x/?a=b&c=d level=info")]
    public void What_only_looks_like_logfmt_is_the_message(string line) => See(line).Should().Be($"\"{line}\"");

    [Theory]
    [InlineData("2026-11-20T10:00:00.123Z ERROR [api] disk full", "ERROR 2026-11-20T10:00:00.123Z \"[api] disk full\"")]
    [InlineData("2026-11-20 10:00:00,123 - app.db - ERROR - disk full", "ERROR 2026-11-20T10:00:00.123Z \"disk full\" logger=app.db")]
    [InlineData("2026-11-20 10:00:00,123 ERROR disk - full", "ERROR 2026-11-20T10:00:00.123Z \"disk - full\"")]
    [InlineData("2026-11-20 10:00:00,123 [main] WARN  com.acme.App - slow", "WARN 2026-11-20T10:00:00.123Z \"slow\" logger=com.acme.App thread=main")]
    [InlineData("2026-11-20 10:00:00.123  INFO 1234 --- [           main] c.e.App  : Started App", "INFO 2026-11-20T10:00:00.123Z \"Started App\" logger=c.e.App thread=main")]
    [InlineData("10:00:00.123 [main] DEBUG c.e.App - hi", "DEBUG 2026-11-20T10:00:00.123Z \"hi\" logger=c.e.App thread=main")]
    [InlineData("23:00:00 INFO later today is yesterday", "INFO 2026-11-20T23:00:00Z \"later today is yesterday\"")]
    [InlineData("2026-11-20 10:00:00.123 +01:00 [INF] Now listening", "INFO 2026-11-20T09:00:00.123Z \"Now listening\"")]
    [InlineData("[10:00:00 INF] Now listening", "INFO 2026-11-20T10:00:00Z \"Now listening\"")]
    [InlineData("[2026-11-20T10:00:00Z WARN  app::db] slow", "WARN 2026-11-20T10:00:00Z \"slow\" logger=app::db")]
    [InlineData("2026-11-20T10:00:00.123456Z  INFO app: started", "INFO 2026-11-20T10:00:00.123456Z \"app: started\"")]
    [InlineData("2026-11-20 10:00:00.123 | WARNING  | app.main:run:12 - slow", "WARN 2026-11-20T10:00:00.123Z \"slow\" logger=app.main:run:12")]
    [InlineData("2026-11-20 10:00:00.1234|ERROR|Acme.App|disk full", "ERROR 2026-11-20T10:00:00.1234Z \"disk full\" logger=Acme.App")]
    [InlineData("2026/11/20 10:00:00 [error] 123#0: *1 open() failed", "ERROR 2026-11-20T10:00:00Z \"123#0: *1 open() failed\"")]
    [InlineData("2026/11/20 10:00:00 hello from Go", "2026-11-20T10:00:00Z \"hello from Go\"")]
    [InlineData("26/11/20 10:00:00 INFO Executor: Running task", "INFO 2026-11-20T10:00:00Z \"Executor: Running task\"")]
    [InlineData("[2026-11-20 10:00:00,123] INFO started (kafka.Server)", "INFO 2026-11-20T10:00:00.123Z \"started (kafka.Server)\"")]
    [InlineData("[2026-11-20 10:00:00 +0000] [123] [INFO] Listening", "INFO 2026-11-20T10:00:00Z \"Listening\" thread=123")]
    [InlineData("[2026-11-20T10:00:00,123][WARN ][o.e.n.Node] [n1] slow", "WARN 2026-11-20T10:00:00.123Z \"[o.e.n.Node] [n1] slow\"")]
    [InlineData("2026-11-20T10:00:00.123456Z 0 [Warning] [MY-010068] [Server] CA is self signed", "WARN 2026-11-20T10:00:00.123456Z \"[MY-010068] [Server] CA is self signed\"")]
    [InlineData("2026-11-20 10:00:00.123 UTC [123] ERROR:  relation does not exist", "ERROR 2026-11-20T10:00:00.123Z \"relation does not exist\" thread=123")]
    [InlineData("2026-11-20 10:00:00.123 CET [123] FATAL:  no", "FATAL 2026-11-20T10:00:00.123Z \"no\" thread=123")]
    [InlineData("[Fri Nov 20 10:00:00.123456 2026] [core:error] [pid 1:tid 2] AH00037", "ERROR 2026-11-20T10:00:00.123456Z \"[pid 1:tid 2] AH00037\"")]
    [InlineData("[2026-11-20T10:00:00.123456+00:00] app.ERROR: disk full {\"a\":1} []", "ERROR 2026-11-20T10:00:00.123456Z \"disk full {\"a\":1} []\" logger=app")]
    [InlineData("[20-Nov-2026 10:00:00] NOTICE: fpm is running", "INFO 2026-11-20T10:00:00Z \"fpm is running\"")]
    [InlineData("20-Nov-2026 10:00:00.123 SEVERE [main] o.a.C.start Failed", "ERROR 2026-11-20T10:00:00.123Z \"[main] o.a.C.start Failed\"")]
    [InlineData("E, [2026-11-20T10:00:00.123456 #12] ERROR -- : disk full", "ERROR 2026-11-20T10:00:00.123456Z \"disk full\"")]
    [InlineData("2026-11-20T10:00:00.123Z\tERROR\tserver/main.go:1\tdisk full", "ERROR 2026-11-20T10:00:00.123Z \"server/main.go:1\tdisk full\"")]
    [InlineData("2026-11-20T10:00:00.123Z [INFO]  agent: Starting", "INFO 2026-11-20T10:00:00.123Z \"agent: Starting\"")]
    [InlineData("2026-11-20T10:00:00.123+0000 I  NETWORK  [conn1] end", "INFO 2026-11-20T10:00:00.123Z \"NETWORK  [conn1] end\"")]
    [InlineData("11-20 10:00:00.123  1234  5678 E Tag: boom", "ERROR 2026-11-20T10:00:00.123Z \"Tag: boom\"")]
    [InlineData("2026-11-20T10:00:00Z error: disk full", "ERROR 2026-11-20T10:00:00Z \"disk full\"")]
    [InlineData("2026-11-20T10:00:00Z info started", "INFO 2026-11-20T10:00:00Z \"started\"")]
    [InlineData("Nov 20 10:00:00 plain text", "2026-11-20T10:00:00Z \"plain text\"")]
    [InlineData("Nov 22 10:00:00 of last year", "2025-11-22T10:00:00Z \"of last year\"")]
    [InlineData("INFO  [main] 2026-11-20 10:00:00,123 Foo.java:1 - up", "INFO 2026-11-20T10:00:00.123Z \"up\" logger=Foo.java:1 thread=main")]
    [InlineData("[ERROR]\t2026-11-20T10:00:00.123Z\tabc-1\tTask timed out", "ERROR 2026-11-20T10:00:00.123Z \"abc-1\tTask timed out\"")]
    [InlineData("ERROR 2026-11-20 10:00:00,123 views 12 msg", "ERROR 2026-11-20T10:00:00.123Z \"views 12 msg\"")]
    [InlineData("ERROR disk full", "ERROR \"disk full\"")]
    [InlineData("ERROR: disk full", "ERROR \"disk full\"")]
    [InlineData("[ERROR] disk full", "ERROR \"disk full\"")]
    [InlineData("[error] disk full", "ERROR \"disk full\"")]
    [InlineData("[INFO ] up", "INFO \"up\"")]
    [InlineData("[main] INFO com.acme.App - hi", "INFO \"hi\" logger=com.acme.App thread=main")]
    [InlineData("WARN[0042] slow   key=value", "WARN \"slow   key=value\"")]
    [InlineData("info: Acme.App[14] Now listening", "INFO \"Now listening\" logger=Acme.App")]
    [InlineData("fail: Acme.App[0]", "ERROR \"Acme.App[0]\"")]
    [InlineData("error: cannot find x", "ERROR \"cannot find x\"")]
    [InlineData("E1120 10:00:00.123456       1 file.go:12] disk full", "ERROR 2026-11-20T10:00:00.123456Z \"disk full\" thread=1 caller=file.go:12")]
    [InlineData("I1120 10:00:00.1 1 f.go:1] msg", "INFO 2026-11-20T10:00:00.1Z \"msg\" thread=1 caller=f.go:1")]
    public void Text(string line, string expected) => See(line).Should().Be(expected);

    [Theory]
    [InlineData("plain words")]
    [InlineData("Error: ENOENT: no such file")]
    [InlineData("error occurred")]
    [InlineData("ERRORS were found")]
    [InlineData("INFORMATIVE text")]
    [InlineData("I think so")]
    [InlineData("[section]")]
    [InlineData("[1] first")]
    [InlineData("(ERROR) in parentheses")]
    [InlineData("2026-11-20 is a day")]
    [InlineData("2026-13-40T10:00:00Z is none")]
    [InlineData("12345678-1234-1234-1234-123456789012 a uuid")]
    [InlineData("10:00:00th")]
    [InlineData("192.168.1.1 is an address")]
    [InlineData("1234567890 items")]
    [InlineData("E1120 is a number")]
    [InlineData("E1140 10:00:00.1 1 f.go:1] no such day")]
    [InlineData("    at com.acme.App.main(App.java:1)")]
    [InlineData("\tat x")]
    [InlineData("Marching on")]
    [InlineData("Mon ami")]
    [InlineData("<>")]
    [InlineData("]")]
    [InlineData("[")]
    [InlineData("I, [")]
    public void What_only_looks_like_a_head_is_the_message(string line) => See(line).Should().Be($"\"{line}\"");

    [Theory]
    [InlineData("2026-11-20 10:00:00 connection to ERROR host", "2026-11-20T10:00:00Z \"connection to ERROR host\"")]
    [InlineData("2026-11-20 10:00:00 error occurred", "2026-11-20T10:00:00Z \"error occurred\"")]
    [InlineData("2026-11-20 10:00:00 I think so", "2026-11-20T10:00:00Z \"I think so\"")]
    public void A_level_further_on_is_a_word_of_the_message(string line, string expected) => See(line).Should().Be(expected);

    [Fact]
    public void A_structured_line_that_is_cut_off_keeps_its_level()
    {
        See("""{"level":"error","msg":"abc""", isTruncated: true).Should().Be("ERROR \"abc\" truncated=true");
        See("""{"level":"error","msg":"a\n\u00""", isTruncated: true).Should().Be("ERROR \"a\n\" truncated=true");
        See("level=error msg=\"abc", isTruncated: true).Should().Be("ERROR \"abc\" truncated=true");
    }

    [Fact]
    public void No_bytes_make_a_format_throw()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        string[] lines =
        [
            """{"time":"2026-11-20T10:00:00.123Z","level":"error","msg":"a\u00e9\n","o":{"a":[1,"x"]}}""",
            "time=2026-11-20T10:00:00Z level=error msg=\"disk \\\"full\\\"\" host=a",
            "[Fri Nov 20 10:00:00.123456 2026] [core:error] [pid 1:tid 2] AH00037",
            "2026-11-20 10:00:00.123  INFO 1234 --- [           main] c.e.App  : Started App",
            "E1120 10:00:00.123456       1 file.go:12] disk full",
            "2026-11-20 10:00:00.123 | WARNING  | app.main:run:12 - slow",
        ];
        var formats = new LineFormats(new ManualTimeProvider());
        var view = new EntryView();
        for (var turn = 0; turn < 50_000; turn++)
        {
            var line = Encoding.UTF8.GetBytes(lines[random.Next(lines.Length)]);
            for (var change = random.Next(4); change >= 0; change--)
            {
                line[random.Next(line.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : line[random.Next(line.Length)];
            }

            view.Begin(line.AsMemory(0, random.Next(line.Length + 1)), "", random.Next(2) == 0);
            try
            {
                formats.Parse(view);
                _ = LogEntry.From(view);
                _ = view.Time?.ToString();
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"the seed is {seed} and the line {view}", exception);
            }
        }
    }

    private static string See(string line, bool isTruncated = false)
    {
        var view = new EntryView();
        view.Begin(Encoding.UTF8.GetBytes(line), "", isTruncated);
        new LineFormats(new ManualTimeProvider(new DateTimeOffset(2026, 11, 21, 9, 0, 0, TimeSpan.Zero))).Parse(view);
        var entry = LogEntry.From(view);
        var seen = new List<string>();
        if (entry.Level != LogLevel.None)
        {
            seen.Add(LogLevels.Name(entry.Level));
        }

        if (entry.Time is { } time)
        {
            seen.Add(time.ToString());
        }

        seen.Add($"\"{entry.Message}\"");
        seen.AddRange(entry.Fields.Select(field => $"{field.Key}={field.Value}"));
        return string.Join(' ', seen);
    }
}
