using System.Text;
using LogWatcher.Logs;
using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Live;
using LogWatcher.Logs.Reading;
using LogWatcher.Logs.Sources;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Logs.Live;

/// <summary>The feed and its watches without what is around them: what goes wrong in it, and what it keeps.</summary>
public sealed class LiveFeedTests : IDisposable
{
    private const int Queue = 10;

    private readonly TempFolder _folder = new();
    private readonly LiveFeed _feed;
    private volatile bool _isBroken;
    private volatile bool _isHidden;
    private int _searches;

    public LiveFeedTests() => _feed = new LiveFeed(new Names(this), TimeProvider.System, hints: null, Queue);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_watch_that_begins_after_a_failure_is_served()
    {
        using var old = Begin();
        _isBroken = true;
        await FluentActions.Awaiting(() => NextAsync(old)).Should().ThrowAsync<IOException>();

        // The old one has not left yet.
        _isBroken = false;
        using var young = Begin();
        _folder.Write("app.log", "first\n");

        (await NextAsync(young)).Message.Should().Be("first");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(50)]
    public void Watches_that_have_stopped_reading_hold_the_feed_up_together(int count)
    {
        var stuck = Enumerable.Range(0, count).Select(_ => Begin()).ToList();
        foreach (var watcher in stuck)
        {
            for (var number = 0; number < Queue; number++)
            {
                watcher.Offer(new LogEntry(LogLevel.None, EntryText.Of("m"), null, ""), textBytes: 1);
            }
        }

        var holds = 0;
        while (_feed.IsHeldUp())
        {
            holds++;
        }

        holds.Should().Be(LiveWatcher.MaxHolds);
        stuck.ForEach(watcher => watcher.Dispose());
    }

    /// <summary>A watch that has been taken in has a little left to read that others have had live: a file that is cut then has lost nothing.</summary>
    [Theory]
    [InlineData("", "")]
    [InlineData("", "one\nfour\n")]
    [InlineData("not one", "")]
    [InlineData("not one", "four\n")]
    public async Task A_watch_that_is_taken_in_has_all_that_came_before(string filter, string cutTo)
    {
        var path = _folder.Write("app.log", "one\n");
        using var early = Begin();
        (await NextAsync(early)).Message.Should().Be("one");
        using var late = Watch(filter);
        using var history = Open(late, path);
        _feed.Begin(late, history, _feed.FindWhatHasCome());
        Messages(history).Should().Equal(filter.Length == 0 ? ["one"] : []);
        _folder.Append("app.log", "two\nthree\n");
        (await NextAsync(early)).Message.Should().Be("two");
        (await NextAsync(early)).Message.Should().Be("three");

        _feed.TryJoin(late, history).Should().BeTrue();
        _folder.Copy("app.log", "app.log.1");
        File.WriteAllText(path, cutTo);

        Messages(history).Should().Equal("two", "three");
        late.BeginLive(historyEntries: 3);
        _folder.Append("app.log", "five\n");
        foreach (var line in $"{cutTo}five".Split('\n'))
        {
            (await NextAsync(late)).Message.Should().Be(line);
        }
    }

    /// <summary>Nothing that it wants has been found in what a file holds now: what the file held before is looked for all the same.</summary>
    [Fact]
    public void A_watch_is_taken_in_only_with_what_is_in_copies()
    {
        var path = _folder.Write("app.log", "");
        using var watcher = Watch("not other");
        using var history = Open(watcher, path);
        _feed.Begin(watcher, history, _feed.FindWhatHasCome());
        _folder.Append("app.log", "one\n");
        _folder.Copy("app.log", "app.log.1");
        File.WriteAllText(path, "other\n");
        Messages(history).Should().BeEmpty();

        var isTakenIn = _feed.TryJoin(watcher, history);

        Messages(history).Should().Equal("one");
        isTakenIn.Should().BeFalse("that was still to be read");
        _feed.TryJoin(watcher, history).Should().BeTrue();
        Messages(history).Should().BeEmpty();
    }

    /// <summary>
    /// A copy stands beside the log, which is cut before a history comes to it: whoever looks first, the feed or the history, what is in
    /// the copy comes as the log's, and before what the log holds now.
    /// </summary>
    [Theory]
    [InlineData(0, true, "")]
    [InlineData(0, true, "four\n")]
    [InlineData(4, true, "")]
    [InlineData(4, true, "four\n")]
    [InlineData(4, false, "")]
    [InlineData(4, false, "four\n")]
    public async Task What_is_cut_before_it_was_read_comes_from_the_copy_beside_it(int from, bool isSeenBefore, string cutTo)
    {
        var path = _folder.Write("app.log", "one\ntwo\nthree\n");
        FileTicks.Next();
        _folder.Copy("app.log", "app.log.1");
        FileTicks.Next();
        using var watcher = Watch();
        using var history = new History(watcher.Filter, TimeProvider.System);
        var file = LogFile.TryOpen(path)!;
        history.Add(file, new LinePosition(from), behind: null, file.LoadBeginning(from)).GoOnTo(long.MaxValue, HistoryEnd.LeaveRest);
        _isHidden = !isSeenBefore;
        _feed.Begin(watcher, history, _feed.FindWhatHasCome());
        await SearchesAsync(2);
        File.WriteAllText(path, cutTo);
        _isHidden = false;
        await SearchesAsync(2);

        var entries = Entries(history);
        while (!_feed.TryJoin(watcher, history))
        {
            entries.AddRange(Entries(history));
        }

        entries.AddRange(Entries(history));
        watcher.BeginLive(entries.Count);
        _folder.Append("app.log", "five\n");
        while (entries is not [.., { Message: "five" }])
        {
            entries.Add(await NextAsync(watcher));
        }

        entries.Select(entry => entry.Message).Should().Equal($"one two three {cutTo}five".Split([' ', '\n'])[(from / 4)..]);
        entries.Should().OnlyContain(entry => entry.Source == path);
    }

    /// <summary>The last entry that a watch has read may get more lines, so it is still ahead as the file is cut: it comes from the copy alone.</summary>
    [Theory]
    [InlineData(true, "")]
    [InlineData(true, "2026-11-20T10:00:02Z INFO  two\n")]
    [InlineData(false, "")]
    [InlineData(false, "2026-11-20T10:00:02Z INFO  two\n")]
    public async Task An_entry_that_may_get_lines_comes_once_from_a_copy(bool othersFollow, string cutTo)
    {
        var path = _folder.Write("app.log", "2026-11-20T10:00:00Z INFO  zero\n2026-11-20T10:00:01Z ERROR one\n");
        using var early = othersFollow ? Begin() : null;
        if (early is not null)
        {
            (await NextAsync(early)).Message.Should().Be("zero");
        }

        using var late = Watch();
        using var history = Open(late, path);
        _feed.Begin(late, history, _feed.FindWhatHasCome());
        Messages(history).Should().Equal("zero");
        _folder.Append("app.log", "  at one\n");
        _folder.Copy("app.log", "app.log.1");
        File.WriteAllText(path, cutTo);

        var messages = JoinAndRead(late, history);
        late.BeginLive(historyEntries: 1 + messages.Count);
        _folder.Append("app.log", "2026-11-20T10:00:03Z INFO  three\n");
        while (!messages.Contains("three"))
        {
            messages.Add((await NextAsync(late)).Message);
        }

        messages.Should().Equal([$"one\n  at one", .. cutTo.Length == 0 ? Array.Empty<string>() : ["two"], "three"]);
    }

    /// <summary>
    /// Nothing had come for so long that what might get lines counts as an entry. Then more comes to it, and the log is copied and cut
    /// before that has been read: the copy has it whole. Without a copy, what was read is the entry.
    /// </summary>
    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void An_entry_that_a_cut_ends_is_whole_if_its_copy_is(bool othersFollow, bool isCopied)
    {
        var path = _folder.Write("app.log", "2026-11-20T10:00:00Z INFO  zero\n2026-11-20T10:00:01Z ERROR one\n");
        using var early = othersFollow ? Begin() : null;
        using var late = Watch();
        using var history = Open(late, path, HistoryEnd.TakeLines);
        _feed.Begin(late, history, _feed.FindWhatHasCome());
        var messages = new List<string>();
        foreach (var reader in history.Read().OfType<HistoryReader>())
        {
            if (messages.Count == 0)
            {
                FileTicks.Next();
                _folder.Append("app.log", "  at one\n");
                if (isCopied)
                {
                    _folder.Copy("app.log", "app.log.1");
                }

                File.WriteAllText(path, "2026-11-20T10:00:02Z INFO  two\n");
            }

            messages.Add(LogEntry.From(reader.View, reader.Deliver()).Message);
        }

        messages.Concat(JoinAndRead(late, history)).Take(2).Should().Equal("zero", isCopied ? "one\n  at one" : "one");
    }

    /// <summary>
    /// Lines of 128 bytes that end alike: once the log has been cut in the midst of a history and has grown longer than it was, the
    /// bytes before the next stretch are no sign of that.
    /// </summary>
    [Theory]
    [InlineData("", 3_000)]
    [InlineData("needle", 70_000)]
    public void A_file_of_lines_that_end_alike_is_known_to_be_cut(string filter, int count)
    {
        static string Lines(int from, int count) => string.Concat(Enumerable.Range(from, count).Select(number =>
            $$"""{"msg":"needle {{number:000000}}","host":"{{new string('h', 94)}}"}""" + "\n"));
        var path = _folder.Write("app.log", Lines(0, count));
        using var late = Watch(filter);
        using var history = Open(late, path);
        _feed.Begin(late, history, _feed.FindWhatHasCome());
        var messages = new List<string>();
        foreach (var reader in history.Read().OfType<HistoryReader>())
        {
            if (messages.Count == 0)
            {
                FileTicks.Next();
                _folder.Copy("app.log", "app.log.1");
                File.WriteAllText(path, Lines(count, count + 1_000));
            }

            messages.Add(LogEntry.From(reader.View, reader.Deliver()).Message);
        }

        messages.Concat(JoinAndRead(late, history)).Should().Equal(Enumerable.Range(0, (2 * count) + 1_000).Select(number => $"needle {number:000000}"));
    }

    /// <summary>Copied and cut with its first entry in hand: the rest is read once, from the copy, and behind that entry.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_that_is_cut_at_its_first_entry_is_read_on_in_the_copy(bool othersFollow)
    {
        var path = _folder.Write("app.log", "one\ntwo\n");
        using var early = othersFollow ? Begin() : null;
        if (early is not null)
        {
            (await NextAsync(early)).Message.Should().Be("one");
            (await NextAsync(early)).Message.Should().Be("two");
        }

        using var late = Watch();
        using var history = Open(late, path);
        _feed.Begin(late, history, _feed.FindWhatHasCome());
        var find = history.FindCopies!;
        history.FindCopies = reader =>
        {
            history.FindCopies = find;
            _folder.Copy("app.log", "app.log.1");
            File.WriteAllText(path, "three\n");
            return find(reader);
        };

        Messages(history).Concat(JoinAndRead(late, history)).Should().Equal("one", "two", "three");
    }

    /// <summary>A watch is resumed, and before the feed hears of it, its file is copied and cut, which the others notice at once.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public async Task A_file_that_is_cut_before_a_watch_begins_is_read_on_in_the_copy(int from)
    {
        var path = _folder.Write("app.log", "one\ntwo\n");
        using var early = Begin();
        (await NextAsync(early)).Message.Should().Be("one");
        (await NextAsync(early)).Message.Should().Be("two");
        using var late = Watch();
        var since = _feed.FindWhatHasCome();
        using var history = new History(late.Filter, TimeProvider.System);
        history.Add(LogFile.TryOpen(path)!, new LinePosition(from)).GoOnTo(long.MaxValue, HistoryEnd.LeaveRest);
        FileTicks.Next();
        _folder.Copy("app.log", "app.log.1");
        File.WriteAllText(path, "three\n");
        (await NextAsync(early)).Message.Should().Be("three");

        _feed.Begin(late, history, since);

        JoinAndRead(late, history).Should().Equal(from == 0 ? ["one", "two", "three"] : ["two", "three"]);
    }

    /// <summary>Nobody has read the file live yet, and what stands before the place it is followed from is gone when it is begun.</summary>
    [Theory]
    [InlineData("utf-8", "")]
    [InlineData("utf-8", "begun")]
    [InlineData("utf-16", "")]
    [InlineData("utf-16", "begun")]
    [InlineData("utf-16BE", "")]
    public void A_file_that_is_cut_as_it_is_taken_over_is_read_anew(string encoding, string rest)
    {
        var path = _folder.Write("app.log", "");
        Write("one\n" + rest);
        using var file = new FileFollower(LogFile.TryOpen(path)!, from: null, TimeProvider.System, []);
        using var watcher = Watch();
        using var history = Open(watcher, path);
        Messages(history).Should().Equal("one");

        var reader = history.Find(file.Identity)!;
        var guard = reader.GiveAway();
        Write("two\nthree\n");
        file.Begin(reader.Position, guard);

        file.Read(_feed).Should().Be(FollowerTurn.Replaced);

        // As UTF-16, with the mark that it is known by.
        void Write(string text) => File.WriteAllText(path, text, Encoding.GetEncoding(encoding));
    }

    /// <summary>What holds no entry, as a hole of gigabytes, is read all the same: others have their turn in between.</summary>
    [Theory]
    [InlineData((1 << 20) - 1, 1)]
    [InlineData(1 << 20, 2)]
    [InlineData(3 << 20, 4)]
    public void A_turn_reads_so_many_bytes_at_most(int length, int turns)
    {
        using var file = new FileFollower(LogFile.TryOpen(_folder.Write("app.log", new string('\n', length)))!, LinePosition.Start, TimeProvider.System, []);
        for (var turn = 1; turn < turns; turn++)
        {
            file.Read(_feed).Should().Be(FollowerTurn.HasMore);
        }

        file.Read(_feed).Should().Be(FollowerTurn.AtEnd);
    }

    /// <summary>Names change places while it is read: another goes on with the file, and nobody is to look for this one any more.</summary>
    [Fact]
    public void What_is_let_go_of_in_its_own_turn_has_nothing_more_to_read()
    {
        var unfinished = new HashSet<FileFollower>();
        var file = new FileFollower(LogFile.TryOpen(_folder.Write("app.log", "one\n"))!, LinePosition.Start, TimeProvider.System, unfinished);
        unfinished.Should().Equal(file);
        file.Read(_feed, () =>
        {
            file.Dispose();
            return false;
        });
        unfinished.Should().BeEmpty();
    }

    [Fact]
    public async Task A_watch_does_not_remember_files_that_are_gone()
    {
        var path = _folder.Write("app.log", "one\n");
        using var early = Begin();
        (await NextAsync(early)).Message.Should().Be("one");
        File.Delete(path);
        using var late = Begin();
        late.Remembered.Should().Be(1, "what has gone before is none of its own");

        // What is deleted is kept for a while, for those who still write to it.
        await RunningNode.UntilAsync(() => late.Remembered == 0);
    }

    [Fact]
    public void What_is_found_again_counts_as_young()
    {
        var finished = new FinishedFiles();
        var files = Enumerable.Range(0, FinishedFiles.MaxGone + 1).Select(Follower).ToList();
        files.SkipLast(1).ToList().ForEach(finished.Add);
        finished.Remove(files[0].Identity);
        finished.Add(files[0]);
        finished.Add(files[^1]);

        finished.Trim([]);

        finished.PlaceIn(files[0].File).Should().NotBeNull();
        finished.PlaceIn(files[^1].File).Should().NotBeNull();
        finished.PlaceIn(files[1].File).Should().BeNull("it is the oldest, and there is one too many");
        files.ForEach(file => file.Dispose());
    }

    private FileFollower Follower(int number) =>
        new(LogFile.TryOpen(_folder.Write($"{number}.log", $"line of {number}\n"))!, LinePosition.Start, TimeProvider.System, []);

    private static LiveWatcher Watch(string filter = "") =>
        new(new WatchQuery(Filter.Parse(filter), Follow: true, Limit: 0, []), TimeProvider.System, Queue);

    /// <summary>The history of one file, up to its end.</summary>
    private static History Open(LiveWatcher watcher, string path, HistoryEnd end = HistoryEnd.LeaveRest)
    {
        var history = new History(watcher.Filter, TimeProvider.System);
        history.Add(LogFile.TryOpen(path)!).GoOnTo(long.MaxValue, end);
        return history;
    }

    /// <summary>Has a watch taken in by the feed.</summary>
    /// <returns>What its history still had to read for that.</returns>
    private List<string> JoinAndRead(LiveWatcher watcher, History history)
    {
        var messages = new List<string>();
        while (!_feed.TryJoin(watcher, history))
        {
            messages.AddRange(Messages(history));
        }

        return [.. messages, .. Messages(history)];
    }

    private static List<string> Messages(History history) => Entries(history).ConvertAll(entry => entry.Message);

    private static List<LogEntry> Entries(History history) =>
        [.. history.Read().OfType<HistoryReader>().Select(reader => LogEntry.From(reader.View, reader.Deliver()))];

    /// <summary>Waits until the feed has searched so often from now on.</summary>
    private async Task SearchesAsync(int count)
    {
        // The last one is done with what it has found once the next has begun.
        var before = Volatile.Read(ref _searches);
        await RunningNode.UntilAsync(() => Volatile.Read(ref _searches) > before + count);
    }

    /// <summary>A watch of everything that has joined; its history is empty.</summary>
    private LiveWatcher Begin()
    {
        var watcher = Watch();
        using var history = new History(watcher.Filter, TimeProvider.System);
        _feed.Begin(watcher, history, _feed.FindWhatHasCome());
        _feed.TryJoin(watcher, history).Should().BeTrue();
        watcher.BeginLive(historyEntries: 0);
        return watcher;
    }

    private static async Task<LogEntry> NextAsync(LiveWatcher watcher)
    {
        using var patience = new CancellationTokenSource(RunningNode.Patience);
        return await watcher.NextAsync(patience.Token);
    }

    /// <summary>Those of the folder, if nothing is broken.</summary>
    private sealed class Names(LiveFeedTests test) : WatchedNames([LogSource.Open(test._folder.Path)], new SourceSelection([]))
    {
        public override SortedSet<string> Unfold()
        {
            Interlocked.Increment(ref test._searches);
            var names = test._isBroken ? throw new InvalidOperationException("it is broken") : base.Unfold();
            names.RemoveWhere(_ => test._isHidden);
            return names;
        }
    }
}
