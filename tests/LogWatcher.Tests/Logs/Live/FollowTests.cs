using System.Globalization;
using LogWatcher.Logs;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Logs.Live;

/// <summary>Files that change while they are watched. The clock is the test's own, so polls come when it says so.</summary>
public sealed class FollowTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    private readonly TempFolder _folder = new();
    private readonly ManualTimeProvider _time = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_appended_comes_after_what_was_there()
    {
        var path = _folder.Write("app.log", "a\nb\n");
        await using var watch = new RunningWatch(Open(path));
        await watch.Live;
        (await watch.TakeAsync(2)).Should().Equal("a", "b");
        _folder.Append("app.log", "c\nd\n");
        _time.Advance(Poll);
        (await watch.TakeAsync(2)).Should().Equal("c", "d");
    }

    [Fact]
    public async Task The_file_system_tells_before_any_poll()
    {
        var path = _folder.Write("app.log", "a\n");
        await using var watch = new RunningWatch(LogSet.Open([path], _time));
        await watch.Live;
        (await watch.NextAsync()).Should().Be("a");

        // The clock stands still: only the hint can bring these, and for a new file the first look it asks for.
        _folder.Append("app.log", "b\n");
        (await watch.NextAsync()).Should().Be("b");
        _folder.Append("app.log", "c\n");
        (await watch.NextAsync()).Should().Be("c");
    }

    /// <summary>Who writes under an exclusive lock (flock) is not held up by a watch, nor is what it writes kept from one.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_lock_on_a_file_is_nobodys_business(bool isLockedBefore)
    {
        var path = _folder.Write("app.log", "a\n");
        var writer = isLockedBefore ? OpenLocked() : null;
        await using var watch = new RunningWatch(Open(path));
        await watch.Live;
        (await watch.NextAsync()).Should().Be("a");
        using (writer ??= OpenLocked())
        {
            writer.Write("b\n"u8);
            writer.Flush();
        }

        _time.Advance(Poll);
        (await watch.NextAsync()).Should().Be("b");

        FileStream OpenLocked() => new(path, FileMode.Append, FileAccess.Write, FileShare.None);
    }

    [Fact]
    public async Task A_link_is_followed_to_where_it_leads()
    {
        var target = _folder.Write("data/0.log", "a\n");
        File.CreateSymbolicLink(_folder["app.log"], target);
        await using var watch = new RunningWatch(LogSet.Open([_folder["app.log"]], _time));
        await watch.Live;
        (await watch.NextAsync()).Should().Be("a");
        _folder.Append("data/0.log", "b\n");
        (await watch.NextEntryAsync()).Should().Match<LogEntry>(entry => entry.Message == "b" && entry.Source == _folder["app.log"]);
    }

    [Fact]
    public async Task A_last_line_without_an_end_waits_a_second_for_it()
    {
        var path = _folder.Write("app.log", "a\nb");
        await using var watch = new RunningWatch(Open(path));
        await watch.Live;
        (await watch.NextAsync()).Should().Be("a");
        var next = watch.NextAsync();
        while (!next.IsCompleted)
        {
            // Each look must have been taken before the next one counts.
            _time.Advance(Poll);
            await Task.Delay(1);
        }

        (await next).Should().Be("b");
        _folder.Append("app.log", "\nc\n");
        _time.Advance(Poll);
        (await watch.NextAsync()).Should().Be("c", "the end that came late is no entry");
    }

    /// <summary>Whatever becomes of a name between two looks: what was written under it comes, in order.</summary>
    [Theory]
    [InlineData("app.log")]
    [InlineData("*.log")]
    public async Task Any_number_of_renames_between_two_looks_lose_nothing(string logs)
    {
        var random = Randomness.Create(output);
        for (var round = 0; round < 20; round++)
        {
            foreach (var file in Directory.GetFiles(_folder.Path))
            {
                File.Delete(file);
            }

            var (lines, dates) = (0, 0);
            var log = new List<string>();
            Write(1);
            await using var watch = new RunningWatch(Open(_folder[logs]));
            await watch.Live;
            (await watch.NextAsync()).Should().Be("1");
            for (var look = 0; look < 10; look++)
            {
                var before = lines;
                for (var change = random.Next(8); change > 0; change--)
                {
                    Write(random.Next(3));
                    var isDated = random.Next(3) == 0;
                    log.Add($"{lines} {(isDated ? "date" : "number")}");
                    if (isDated)
                    {
                        File.Move(_folder["app.log"], _folder[$"app.log-2026{++dates:0000}"]);
                    }
                    else
                    {
                        RenameNumbered();
                    }

                    FileTicks.Next();
                    _folder.Write("app.log", "");
                }

                Write(1);
                log.Add("look");
                _time.Advance(TimeSpan.FromMilliseconds(500));
                for (var line = before + 1; line <= lines; line++)
                {
                    (await watch.NextAsync()).Should().Be($"{line}", string.Join(", ", log));
                }
            }

            void Write(int count)
            {
                for (; count > 0; count--)
                {
                    _folder.Append("app.log", $"{++lines}\n");
                }
            }
        }

        void RenameNumbered()
        {
            for (var number = 100; number > 0; number--)
            {
                if (File.Exists(_folder[$"app.log.{number}"]))
                {
                    File.Move(_folder[$"app.log.{number}"], _folder[$"app.log.{number + 1}"]);
                }
            }

            File.Move(_folder["app.log"], _folder["app.log.1"]);
        }
    }

    [Fact]
    public async Task An_entry_with_nothing_behind_it_waits_ten_milliseconds()
    {
        var path = _folder.Write("app.log", "");
        await using var watch = new RunningWatch(Open(path));
        await watch.Live;
        _folder.Append("app.log", "ERROR a\n  at x\n");
        var next = watch.NextAsync();
        for (var waited = TimeSpan.Zero; !next.IsCompleted; waited += TimeSpan.FromMilliseconds(5))
        {
            _time.Advance(TimeSpan.FromMilliseconds(5));
            await Task.Delay(1);
        }

        (await next).Should().Be("a\n  at x");
        _folder.Append("app.log", "  at y\n{\"msg\":\"b\"}\n");
        _time.Advance(Poll);
        (await watch.TakeAsync(2)).Should().Equal(["  at y", "b"], "what comes too late is an entry of its own, and JSON waits for nothing");
    }

    [Fact]
    public async Task A_line_that_gets_its_end_in_time_is_one_entry()
    {
        var path = _folder.Write("app.log", "a");
        await using var watch = new RunningWatch(Open(path));
        await watch.Live;
        _time.Advance(Poll);
        _folder.Append("app.log", "bc\nd\n");
        _time.Advance(Poll);
        (await watch.TakeAsync(2)).Should().Equal("abc", "d");
    }

    [Theory]
    [InlineData("c\n")]
    [InlineData("ca\ncb\n")]
    [InlineData("c, and more than was there before the truncation\n")]
    public async Task A_truncated_file_is_read_from_its_start(string later)
    {
        var path = _folder.Write("app.log", "a\nb\n");
        await using var watch = new RunningWatch(Open(path));
        await watch.Live;
        _folder.Append("app.log", "x\n");
        _time.Advance(Poll);
        (await watch.TakeAsync(3)).Should().Equal("a", "b", "x");
        using (var file = new FileStream(path, FileMode.Truncate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            file.Write(System.Text.Encoding.UTF8.GetBytes(later));
        }

        _time.Advance(Poll);
        var lines = later.TrimEnd('\n').Split('\n').ToList();
        (await watch.TakeAsync(lines.Count)).Should().Equal(lines);
    }

    [Fact]
    public async Task A_new_file_is_found_within_a_second_and_read_from_its_start()
    {
        _folder.Write("a.log", "a\n");
        await using var watch = new RunningWatch(Open(_folder["*.log"]));
        await watch.Live;
        (await watch.NextAsync()).Should().Be("a");
        _folder.Write("b.log", "b1\nb2\n");
        _folder.Write("b.txt", "other\n");
        _time.Advance(TimeSpan.FromSeconds(1));
        (await watch.TakeAsync(2)).Should().Equal("b1", "b2");
        _folder.Append("b.log", "b3\n");
        _time.Advance(Poll);
        var last = await watch.NextEntryAsync();
        (last.Message, last.Source).Should().Be(("b3", _folder["b.log"]));
    }

    [Fact]
    public async Task A_glob_may_match_nothing_yet()
    {
        await using var watch = new RunningWatch(Open(_folder["**/*.log"]));
        await watch.Live;
        _folder.Write("x/y/a.log", "a\n");
        _time.Advance(TimeSpan.FromSeconds(1));
        (await watch.NextAsync()).Should().Be("a");
    }

    [Theory]
    [InlineData("app.log")]
    [InlineData("")]
    [InlineData("app.log*")]
    public async Task A_renamed_file_is_read_to_its_end_and_the_new_one_from_its_start(string logs)
    {
        _folder.Write("app.log", "a\n");
        await using var watch = new RunningWatch(Open(_folder[logs]));
        await watch.Live;
        (await watch.NextAsync()).Should().Be("a");
        _folder.Append("app.log", "b\n");
        File.Move(_folder["app.log"], _folder["app.log.1"]);
        _folder.Append("app.log.1", "c\n");
        _folder.Write("app.log", "d\n");
        _time.Advance(Poll);
        (await watch.TakeAsync(3)).Should().Equal("b", "c", "d");

        // Who still has the old one open may write to it for a while.
        _folder.Append("app.log.1", "e\n");
        _time.Advance(Poll);
        (await watch.NextAsync()).Should().Be("e");
        _time.Advance(TimeSpan.FromSeconds(10));
        _folder.Append("app.log", "f\n");
        _time.Advance(TimeSpan.FromSeconds(1));
        (await watch.NextAsync()).Should().Be("f", "the old file is no new one");
    }

    /// <summary>Nothing stands under the name when it is looked at, and nothing the next time: so what came in between is only found beside it.</summary>
    [Fact]
    public async Task What_came_and_went_while_the_name_led_nowhere_is_read_behind_what_stood_there_before()
    {
        _folder.Write("app.log", "a\n");
        _folder.Write("look.log", "");
        await using var watch = new RunningWatch(Open(_folder.Path));
        await watch.Live;
        (await watch.NextAsync()).Should().Be("a");
        File.Move(_folder["app.log"], _folder["app.log.1"]);
        _folder.Append("look.log", "looked\n");
        _time.Advance(TimeSpan.FromSeconds(1));
        (await watch.NextAsync()).Should().Be("looked");

        // The old file's last entry waits for lines of its own, and must not be overtaken.
        _folder.Append("app.log.1", "ERROR b\n");
        FileTicks.Next();
        _folder.Write("app.log", "c\n");
        File.Move(_folder["app.log.1"], _folder["app.log.2"]);
        File.Move(_folder["app.log"], _folder["app.log.1"]);
        _time.Advance(TimeSpan.FromSeconds(1));
        foreach (var message in new[] { "b", "c" })
        {
            var entry = await watch.NextEntryAsync();
            (entry.Message, entry.Source).Should().Be((message, _folder["app.log"]));
        }
    }

    /// <summary>Others follow the name already, and have not looked since: what they find only now is new to them, and not to a watch that begins.</summary>
    [Fact]
    public async Task What_came_and_went_before_a_watch_began_is_not_its_own()
    {
        var path = _folder.Write("app.log", "a\n");
        var logs = Open(_folder["*.log"]);
        await using var early = new RunningWatch(logs);
        await early.Live;
        (await early.NextAsync()).Should().Be("a");
        _folder.Append("app.log", "looked\n");
        _time.Advance(Poll);
        (await early.NextAsync()).Should().Be("looked");
        File.Move(path, _folder["app.log.2"]);
        _folder.Write("app.log", "b\n");
        File.Move(path, _folder["app.log.1"]);
        await using var late = new RunningWatch(logs);
        await late.Live;
        FileTicks.Next();
        _folder.Write("app.log", "c\n");
        _time.Advance(TimeSpan.FromSeconds(1));
        (await early.TakeAsync(2)).Should().Equal("b", "c");
        (await late.NextAsync()).Should().Be("c");
    }

    [Fact]
    public async Task A_deleted_file_may_come_again()
    {
        var path = _folder.Write("app.log", "a\n");
        await using var watch = new RunningWatch(Open(path));
        await watch.Live;
        (await watch.NextAsync()).Should().Be("a");
        File.Delete(path);
        _time.Advance(TimeSpan.FromSeconds(1));
        _folder.Write("app.log", "b\n");
        _time.Advance(TimeSpan.FromSeconds(1));
        (await watch.NextAsync()).Should().Be("b");
        File.Delete(path);
        _time.Advance(TimeSpan.FromSeconds(20));
        _folder.Write("app.log", "c\n");
        _time.Advance(TimeSpan.FromSeconds(1));
        (await watch.NextAsync()).Should().Be("c");
    }

    [Fact]
    public async Task Each_watch_gets_its_own_sources_and_matches()
    {
        _folder.Write("a.log", "a\n");
        _folder.Write("b.log", "b\n");
        var logs = Open(_folder.Path);
        await using var onlyA = new RunningWatch(logs, "", "a.log");
        await onlyA.Live;
        await using var errors = new RunningWatch(logs, "ERROR");
        await errors.Live;
        _folder.Append("b.log", "level=error msg=b2\n");
        _folder.Append("a.log", "a2\nlevel=error msg=a3\n");
        _time.Advance(Poll);
        (await onlyA.TakeAsync(3)).Should().Equal("a", "a2", "a3");
        (await errors.TakeAsync(2)).Should().BeEquivalentTo("a3", "b2");
    }

    [Fact]
    public async Task A_file_that_is_history_to_a_later_watch_is_new_to_an_earlier_one()
    {
        _folder.Write("a.log", "a\n");
        var logs = Open(_folder.Path);
        await using var early = new RunningWatch(logs);
        await early.Live;
        _folder.Write("b.log", "b\n");
        await using var late = new RunningWatch(logs);
        await late.Live;
        _folder.Append("b.log", "c\n");
        _time.Advance(TimeSpan.FromSeconds(1));
        (await early.TakeAsync(3)).Should().Equal("a", "b", "c");
        (await late.TakeAsync(3)).Should().BeEquivalentTo("a", "b", "c");
    }

    [Fact]
    public async Task A_limit_ends_a_watch_that_follows_and_another_can_begin()
    {
        var path = _folder.Write("app.log", "a\n");
        var logs = Open(path);
        for (var round = 0; round < 3; round++)
        {
            await using var watch = new RunningWatch(logs);
            await watch.Live;
            await watch.TakeAsync(round + 1);
            _folder.Append("app.log", "b\n");
            _time.Advance(Poll);
            (await watch.NextAsync()).Should().Be("b");
        }
    }

    /// <summary>History goes over into live while lines are written and files rotated, for watches that come at any time.</summary>
    [Fact]
    public async Task Every_watch_gets_every_line_once_and_in_order()
    {
        const int Lines = 30_000;
        const int LinesPerFile = 4_000;
        var path = _folder.Write("app.log", "");
        var logs = LogSet.Open([_folder.Path], TimeProvider.System);
        var watches = new List<RunningWatch>();
        var writer = new StreamWriter(path) { AutoFlush = true };
        for (var line = 0; line < Lines; line++)
        {
            if (line > 0 && line % LinesPerFile == 0)
            {
                await writer.DisposeAsync();
                File.Move(path, _folder[$"app.log.{line / LinesPerFile}"]);
                writer = new StreamWriter(path) { AutoFlush = true };
            }

            await writer.WriteLineAsync($"{line}");
            if (line % 3_001 == 100)
            {
                watches.Add(new RunningWatch(logs));
            }
        }

        await writer.DisposeAsync();
        foreach (var watch in watches)
        {
            // On a machine that is busy enough a watch may lose entries; then it is told how many.
            var (seen, suppressed) = (new List<int>(), 0L);
            while (seen.Count + suppressed < Lines)
            {
                if (await watch.NextEntryOrNullAsync() is not { } entry)
                {
                    var missing = Enumerable.Range(0, Lines).Except(seen).ToList();
                    Assert.Fail($"watch {watches.IndexOf(watch)}: {seen.Count} came, {suppressed} were suppressed, {missing.Count} are missing: {string.Join(' ', missing.Take(5))} … {missing.LastOrDefault()}");
                    return;
                }

                seen.Add(int.Parse(entry.Message, CultureInfo.InvariantCulture));
                suppressed += entry.Suppressed;
            }

            seen.Distinct().Should().HaveCount(seen.Count, "some came twice: {0}",
                string.Join(' ', seen.GroupBy(line => line).Where(group => group.Count() > 1).Select(group => group.Key).Take(10)));

            // In order within each file; files of history without times come by their last change.
            seen.GroupBy(line => line / LinesPerFile).Should().AllSatisfy(file => file.Should().BeInAscendingOrder());
            await watch.DisposeAsync();
        }
    }

    private LogSet Open(string path) => LogSet.Open([path], _time, useHints: false);
}
