using System.Globalization;
using System.IO.Compression;
using LogWatcher.Logs;
using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Reading;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Logs;

/// <summary>
/// Watches that are resumed from cursors after whatever has become of the files in between. Each watch reads what is there and
/// ends, so that nothing depends on time.
/// </summary>
public sealed class ResumeTests(ITestOutputHelper output) : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Dictionary<string, string> _cursors = new(StringComparer.Ordinal);
    private int _lines;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_watch_goes_on_right_behind_its_cursor()
    {
        Write(3);
        (await WatchAsync(["app.log"], limit: 2)).Should().Equal("1", "2");
        (await WatchAsync(["app.log"])).Should().Equal("3");
        (await WatchAsync(["app.log"])).Should().BeEmpty();
        Write(1);
        (await WatchAsync(["app.log"])).Should().Equal("4");
    }

    [Fact]
    public async Task A_cursor_is_printable_and_short()
    {
        Write(2);
        await WatchAsync(["app.log"]);
        var cursor = _cursors.Values.Should().ContainSingle().Subject;
        cursor.Should().MatchRegex("^[A-Za-z0-9_-]+$").And.Match(text => text.Length < 100);
        Cursor.TryParse(cursor, out var parsed).Should().BeTrue();
        parsed.ToString().Should().Be(cursor);
        for (var index = 0; index < cursor.Length; index++)
        {
            Cursor.TryParse(cursor.Remove(index, 1), out _).Should().BeFalse();
            Cursor.TryParse(cursor.Insert(index, "!"), out _).Should().BeFalse();
        }

        Cursor.TryParse("", out _).Should().BeFalse();
        Cursor.TryParse(new string('A', 99), out _).Should().BeFalse();
    }

    [Theory]
    [InlineData(2000, 1024, 64, true)]
    [InlineData(2000, 1025, 64, false)]
    [InlineData(2000, 1024, 65, false)]
    [InlineData(10, 11, 0, false)]
    [InlineData(10, 10, 11, false)]
    [InlineData(10, 10, 10, true)]
    public void A_cursor_that_cannot_be_is_none(long offset, int headLength, int tailLength, bool isOne)
    {
        var place = new FilePlace(1, new LinePosition(offset), new ContentMark(headLength, 2, tailLength, 3));
        Cursor.TryParse(new Cursor(4, FileClock.Now, place, null, false).ToString(), out _).Should().Be(isOne);
    }

    /// <summary>Between the look for its place and the first read of it a file is cut and written anew: nothing is read out of its middle.</summary>
    [Fact]
    public async Task A_file_that_is_cut_while_a_watch_is_resumed_is_known_to_be()
    {
        Write(3);
        await WatchAsync(["app.log"]);
        Cursor.TryParse(_cursors.Values.Single(), out var cursor).Should().BeTrue();
        var file = Resumption.Find([cursor], [_folder["app.log"]], [_folder.Path], _ => true).Files.Should().ContainSingle().Subject;
        File.WriteAllText(_folder["app.log"], "another file,\nlonger than what was there before it was written anew\n");

        using var history = new History(Filter.Parse(""), TimeProvider.System);
        var reader = history.Add(file.File, file.From, behind: null, file.Guard);
        reader.GoOnTo(long.MaxValue, HistoryEnd.TakeRest);

        history.Read().OfType<HistoryReader>().Should().BeEmpty();
        reader.IsFileKept().Should().BeFalse();
    }

    /// <summary>
    /// A rotated file that is known by a name of its own holds no more than the banner that all files of the program begin with. When it
    /// is compressed, another has its name, and was delivered as its log's: the cursor leads to the compressed one.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    public async Task A_cursor_behind_a_banner_does_not_lead_into_what_has_the_name_now(int bannerLines)
    {
        var banner = string.Concat(Enumerable.Repeat("""{"msg":"service started"}""" + "\n", bannerLines));
        _folder.Write("app.log.3", banner);
        for (var round = 1; round <= 3; round++)
        {
            FileTicks.Next();
            _folder.Append("app.log", banner);
            Write(1);
            (await WatchAsync(["."])).Where(message => message != "service started").Should().Equal($"{round}");
            if (round == 3)
            {
                Compress(5);
            }

            Rename();
        }

        FileTicks.Next();
        _folder.Append("app.log", banner);
        Write(1);
        var rest = await WatchAsync(["."]);
        rest.Should().HaveCount(bannerLines + 1);
        rest[^1].Should().Be("4");
    }

    /// <summary>
    /// A cursor stands behind the banner that all files of the program begin with. The file was renamed since, and is still written to; the
    /// one that has its name now holds the banner alone: it is no copy of what the other held.
    /// </summary>
    [Theory]
    [InlineData("app.log", 1)]
    [InlineData("app.log", 2)]
    [InlineData(".", 1)]
    [InlineData(".", 2)]
    public async Task A_cursor_behind_a_banner_does_not_lead_into_the_next_file(string path, int rotations)
    {
        const string Banner = """{"msg":"service started"}""" + "\n";
        _folder.Write("app.log", Banner);
        (await WatchAsync([path])).Should().Equal("service started");
        FileTicks.Next();
        Write(1);
        for (var rotation = 0; rotation < rotations; rotation++)
        {
            Rename();
            FileTicks.Next();
            _folder.Append("app.log", Banner);
            FileTicks.Next();
        }

        _folder.Append($"app.log.{rotations}", "{\"msg\":\"late\"}\n");
        (await WatchAsync([path])).Should().Equal(["1", "late", .. Enumerable.Repeat("service started", rotations)]);
    }

    /// <summary>What begins like the log beside it is a copy if it is of a length that few have in common, or has just been made.</summary>
    [Theory]
    [InlineData(1_023, 5, false)]
    [InlineData(1_023, 2, true)]
    [InlineData(1_024, 5, true)]
    public async Task A_short_copy_is_one_while_it_is_young(int length, int seconds, bool isCopy)
    {
        var line = $"{{\"msg\":\"{new string('1', 1_100)}\"}}\n";
        File.SetLastWriteTimeUtc(_folder.Write("app.log", line), DateTime.UtcNow.AddMinutes(-1));
        await WatchAsync(["app.log"]);
        Cursor.TryParse(_cursors.Values.Single(), out var cursor).Should().BeTrue();
        FileTicks.Next();
        File.SetLastWriteTimeUtc(_folder.Write("app.log.1", line[..length]), DateTime.UtcNow.AddSeconds(-seconds));
        FileTicks.Next();
        FileTicks.Next();
        using var resumption = Resumption.Find([cursor], [_folder["app.log"], _folder["app.log.1"]], [_folder.Path], _ => true);
        using var copy = LogFile.TryOpen(_folder["app.log.1"])!;
        resumption.IsCopyOfPresent(copy).Should().Be(isCopy);
    }

    [Fact]
    public async Task Data_that_is_gone_is_told()
    {
        Write(3);
        await WatchAsync(["app.log"]);
        var cursor = _cursors.Values.Single();
        File.WriteAllText(_folder["app.log"], "");
        var resumed = () => WatchAsync(["app.log"]);
        (await resumed.Should().ThrowAsync<CursorGoneException>()).WithMessage($"*{cursor} of {_folder["app.log"]} is gone*");
        File.WriteAllText(_folder["app.log"], "another file, longer than what was there before it was written anew");
        await resumed.Should().ThrowAsync<CursorGoneException>();
        File.Delete(_folder["app.log"]);
        File.WriteAllText(_folder["b.log"], "");
        resumed = () => WatchAsync(["."]);

        // No name is left to be told: whoever gave it knows by the cursor itself what it was of.
        (await resumed.Should().ThrowAsync<CursorGoneException>()).WithMessage($"*{cursor} is gone*");
    }

    [Fact]
    public async Task The_rest_of_a_rotated_file_comes_first()
    {
        Write(2);
        await WatchAsync(["app.log"]);
        Write(2);
        Rename();
        Write(2);
        Rename();
        Write(1);
        (await WatchAsync(["app.log"])).Should().Equal("3", "4", "5", "6", "7");
    }

    [Fact]
    public async Task A_compressed_copy_is_gone_on_with()
    {
        Write(2);
        await WatchAsync(["app.log"]);
        Write(2);
        Rename();
        Compress(1);
        Write(1);
        (await WatchAsync(["app.log"])).Should().Equal("3", "4", "5");
        (await WatchAsync(["app.log"])).Should().BeEmpty();
    }

    /// <summary>All files of a program begin alike, and a cursor stands behind no more than that: its own is still found, compressed or not.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Files_with_the_same_banner_are_told_apart(bool isCompressed)
    {
        const string Banner = """{"msg":"service started"}""" + "\n";
        _folder.Write("app.log", Banner);
        Write(1);
        FileTicks.Next();
        Rename();
        _folder.Append("app.log", Banner);
        (await WatchAsync(["app.log"])).Should().Equal("service started");
        Write(1);
        FileTicks.Next();
        Rename();
        if (isCompressed)
        {
            // The number of the file is given to the next one.
            Compress(1);
        }

        _folder.Append("app.log", Banner);
        Write(1);
        (await WatchAsync(["app.log"])).Should().Equal("2", "service started", "3");
    }

    /// <summary>
    /// Both files that begin alike were written to last in one tick of the clock: the cursor stands in the older of them or, if it tells of
    /// that, too, in the other.
    /// </summary>
    [Theory]
    [InlineData(false, "1,service started,2,service started,3")]
    [InlineData(true, "2,service started,3")]
    public async Task Of_files_written_to_in_one_tick_the_order_tells(bool isInLater, string expected)
    {
        const string Banner = """{"msg":"service started"}""" + "\n";
        _folder.Write("app.log", Banner);
        if (!isInLater)
        {
            (await WatchAsync(["app.log"])).Should().Equal("service started");
        }

        Write(1);
        if (isInLater)
        {
            (await WatchAsync(["app.log"])).Should().Equal("service started", "1");
        }

        FileTicks.Next();
        Rename();
        _folder.Append("app.log", Banner);
        if (isInLater)
        {
            (await WatchAsync(["app.log"])).Should().Equal("service started");
        }

        Write(1);
        Rename();
        File.SetLastWriteTimeUtc(_folder["app.log.2"], File.GetLastWriteTimeUtc(_folder["app.log.1"]));
        Compress(1);
        Compress(2);
        _folder.Append("app.log", Banner);
        Write(1);
        (await WatchAsync(["app.log"])).Should().Equal(expected.Split(','));
    }

    /// <summary>
    /// What was delivered is found in a copy, which was made later than that: told of again by the next cursor, it is still found
    /// there, and not in another file that begins alike and was written to last when that was delivered.
    /// </summary>
    [Fact]
    public async Task A_place_that_was_found_in_a_copy_is_found_there_again()
    {
        _folder.Write("app.log.1", "banner\nother\n");
        _folder.Write("app.log", "banner\n");
        File.SetLastWriteTimeUtc(_folder["app.log.1"], File.GetLastWriteTimeUtc(_folder["app.log"]));
        (await WatchAsync(["app.log"])).Should().Equal("banner");
        FileTicks.Next();
        CopyAndTruncate();
        File.SetLastWriteTimeUtc(_folder["app.log.1"], DateTime.UtcNow);
        FileTicks.Next();
        _folder.Append("app.log", "banner\n");
        Write(1);
        (await WatchAsync(["app.log"])).Should().Equal("banner", "1");
        Write(1);
        (await WatchAsync(["app.log"])).Should().Equal("2");
    }

    /// <summary>Of a file of which nothing was delivered a cursor knows only the number, which a compressed one may have got since.</summary>
    [Fact]
    public async Task A_compressed_file_is_not_what_had_its_number_before()
    {
        Write(1);
        await WatchAsync(["app.log"]);
        Rename();
        Compress(1);
        Write(1);
        FileStatus.TryGet(_folder["app.log.1.gz"], out var compressed).Should().BeTrue();
        using var present = LogFile.TryOpen(_folder["app.log"])!;
        var older = new FilePlace(FilePlace.HashOf(compressed.Identity), LinePosition.Start, default, compressed.Changed);
        var newest = present.PlaceAt(new LinePosition(present.Length()), present.LoadWhole()!.Mark, present.LastChange());
        _cursors[_folder["app.log"]] = new Cursor(present.SourceHash, FileClock.Now, newest, older, false).ToString();
        Write(1);
        (await WatchAsync(["app.log"])).Should().Equal("3");
    }

    /// <summary>
    /// The file changes its name between any list of the names and the look at what stands under each: it is there all the same.
    /// </summary>
    [Fact]
    public async Task A_file_whose_name_changes_with_every_look_is_found()
    {
        Write(1);
        await WatchAsync(["app.log"]);
        File.Move(_folder["app.log"], _folder["app.log.1"]);
        Cursor.TryParse(_cursors.Values.Single(), out var cursor).Should().BeTrue();

        using var resumption = Resumption.Find([cursor], [], [_folder.Path], path =>
        {
            var (name, other) = (_folder["app.log.1"], _folder["app.log.2"]);
            if (path == name || path == other)
            {
                File.Move(path, path == name ? other : name);
            }

            return true;
        });

        resumption.Files.Should().ContainSingle().Which.File.Identity.Should().Match<FileIdentity>(identity =>
            FilePlace.HashOf(identity) == cursor.Newest.FileHash);
    }

    /// <summary>A file has left the one name that is asked for, and nothing has come there: what was written to it is still of that name.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_that_has_left_the_name_that_is_asked_for_goes_on(bool byPath)
    {
        Write(1);
        await WatchAsync(["."]);
        Write(1);
        File.Move(_folder["app.log"], _folder["other"]);
        Cursor.TryParse(_cursors.Values.Single(), out var cursor).Should().BeTrue();
        var query = new WatchQuery(Filter.Parse(""), Follow: true, Limit: 0, [byPath ? _folder["app.log"] : "app.log"]) { After = [cursor] };
        await using var watch = new RunningWatch(LogSet.Open([_folder.Path], TimeProvider.System), query);
        await watch.Live;
        var entry = await watch.NextEntryAsync();
        (entry.Source, entry.Message).Should().Be((_folder["app.log"], "2"));
        _folder.Append("other", "{\"msg\":\"3\"}\n");
        (await watch.NextAsync()).Should().Be("3");
    }

    /// <summary>A client says which sources it wants and where they go on: neither leads out of what is watched.</summary>
    [Theory]
    [InlineData("logs/../secret.log")]
    [InlineData("logs/sub/../../secret.log")]
    [InlineData("secret.log")]
    public async Task A_name_that_is_asked_for_leads_nowhere_else(string source)
    {
        Directory.CreateDirectory(_folder["logs/sub"]);
        _folder.Write("logs/sub/app.log", "{\"msg\":\"1\"}\n");
        using var secret = LogFile.TryOpen(_folder.Write("secret.log", "{\"msg\":\"secret\"}\n"))!;
        var path = _folder[source];
        var cursor = new Cursor(Cursor.HashOf(path), FileClock.Now, secret.PlaceAt(LinePosition.Start, default, secret.LastChange()), null, false);
        var query = new WatchQuery(Filter.Parse(""), Follow: false, Limit: 0, [path]) { After = [cursor] };
        var read = async () =>
        {
            await foreach (var _ in LogSet.Open([_folder["logs/**"]], TimeProvider.System).WatchAsync(query, () => { }, CancellationToken.None))
            {
            }
        };
        await read.Should().ThrowAsync<CursorGoneException>();
    }

    /// <summary>What stands beside a folder is not in it, though its name begins like that.</summary>
    [Fact]
    public async Task A_cursor_leads_out_of_no_folder()
    {
        Directory.CreateDirectory(_folder["app"]);
        _folder.Write("app/app.log", "{\"msg\":\"1\"}\n");
        using var secret = LogFile.TryOpen(_folder.Write("app-secret.txt", "{\"msg\":\"secret\"}\n"))!;
        var cursor = new Cursor(1, FileClock.Now, secret.PlaceAt(LinePosition.Start, default, secret.LastChange()), null, false);
        var query = new WatchQuery(Filter.Parse(""), Follow: false, Limit: 0, []) { After = [cursor] };
        var logs = LogSet.Open([_folder["app"], _folder.Write("web.log", "")], TimeProvider.System);
        var read = async () =>
        {
            await foreach (var entry in logs.WatchAsync(query, () => { }, CancellationToken.None))
            {
                entry.Message.Should().NotBe("secret");
            }
        };
        await read.Should().ThrowAsync<CursorGoneException>();
    }

    /// <summary>
    /// A rotated file was a source of its own once. While its log is renamed, nothing stands under the log's name; what stands by then
    /// where the rotated file stood has been delivered as the log's.
    /// </summary>
    [Fact]
    public async Task Between_a_rename_and_the_new_file_a_log_is_known()
    {
        _lines = 1;
        _folder.Write("app.log.3", "{\"msg\":\"1\"}\n");
        Write(1);
        (await WatchAsync(["."])).Should().BeEquivalentTo("1", "2");
        for (var line = 3; line <= 4; line++)
        {
            Rename();
            Write(1);
            (await WatchAsync(["."])).Should().Equal($"{line}");
        }

        Cascade();
        File.Move(_folder["app.log"], _folder["app.log.1"]);

        (await WatchAsync(["."])).Should().BeEmpty();
    }

    /// <summary>A log was rotated since, and beside what it holds by now stands a copy of that: it is nothing of its own.</summary>
    [Theory]
    [InlineData(true, 3)]
    [InlineData(true, 100)]
    [InlineData(false, 3)]
    [InlineData(false, 100)]
    public async Task A_copy_of_what_has_come_since_is_not_read(bool isRenamed, int since)
    {
        Write(20);
        (await WatchAsync(["."])).Should().HaveCount(20);
        Write(1);
        FileTicks.Next();
        if (isRenamed)
        {
            Rename();
        }
        else
        {
            CopyAndTruncate();
        }

        FileTicks.Next();
        Write(since);
        FileTicks.Next();
        Cascade();
        _folder.Copy("app.log", "app.log.1");
        (await WatchAsync(["."])).Should().HaveCount(since + 1).And.OnlyHaveUniqueItems();
        (await WatchAsync(["."])).Should().BeEmpty();
    }

    /// <summary>The neighbour has the name of an older file of the log, is older than those, and is written to.</summary>
    [Theory]
    [InlineData("app-2.log")]
    [InlineData("app.2.log")]
    [InlineData("other.log")]
    public async Task A_neighbour_with_a_number_brings_no_file_back(string neighbour)
    {
        _folder.Write(neighbour, "{\"msg\":\"n0\"}\n");
        Write(2);
        (await WatchAsync(["."])).Should().BeEquivalentTo("1", "2", "n0");
        for (var round = 1; round <= 3; round++)
        {
            FileTicks.Next();
            Write(1);
            Rename();
            FileTicks.Next();
            Write(1);
            _folder.Append(neighbour, $"{{\"msg\":\"n{round}\"}}\n");
            (await WatchAsync(["."])).Should().BeEquivalentTo($"{_lines - 1}", $"{_lines}", $"n{round}");
        }
    }

    /// <summary>In a folder the names move on: what stood under the log's name is the log's, and comes in order.</summary>
    [Fact]
    public async Task In_a_folder_what_has_come_since_is_of_the_log()
    {
        Write(2);
        FileTicks.Next();
        await WatchAsync(["."]);
        for (var rotation = 0; rotation < 3; rotation++)
        {
            Write(2);
            FileTicks.Next();
            Rename();
        }

        Write(1);
        (await WatchAsync(["."])).Should().Equal("3", "4", "5", "6", "7", "8", "9");
        _cursors.Keys.Should().Equal(_folder["app.log"]);
        (await WatchAsync(["."])).Should().BeEmpty();
    }

    /// <summary>A cursor of two files: what stood under the name between them has been delivered.</summary>
    [Fact]
    public async Task Between_the_two_files_of_a_cursor_nothing_is_read_again()
    {
        Write(2);
        FileTicks.Next();
        await WatchAsync(["app.log"], limit: 1);
        for (var rotation = 0; rotation < 3; rotation++)
        {
            Rename();
            Write(1);
            FileTicks.Next();
        }

        (await WatchAsync(["app.log"])).Should().Equal("2", "3", "4", "5");
        _folder.Append("app.log.3", """{"msg":"late"}""" + "\n");
        Write(1);
        (await WatchAsync(["app.log"])).Should().Equal("late", "6");
    }

    /// <summary>What was copied twice and then renamed: the oldest copy is gone on with, then the other, then the file itself.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Copies_and_renames_are_gone_through_in_order(int limit)
    {
        Write(2);
        FileTicks.Next();
        await WatchAsync(["app.log"]);
        CopyAndTruncate();
        Write(2);
        FileTicks.Next();
        CopyAndTruncate();
        Write(2);
        FileTicks.Next();
        Rename();
        Write(1);
        var delivered = await WatchAsync(["*.log"], limit: limit);
        for (var more = 1; more > 0;)
        {
            var got = await WatchAsync(["*.log"], limit: limit);
            more = got.Count;
            delivered.AddRange(got);
        }

        delivered.Should().Equal("3", "4", "5", "6", "7");
    }

    /// <summary>Whatever is done to the files, all watches together deliver every line once; a file's lines in their order.</summary>
    [Theory]
    [InlineData("single", "app.log")]
    [InlineData("folder", ".")]
    [InlineData("glob", "*.log")]
    [InlineData("all", "app.log*")]
    public async Task Nothing_is_lost_or_doubled(string mode, string path)
    {
        var random = Randomness.Create(output);
        for (var round = 0; round < 10; round++)
        {
            foreach (var file in Directory.GetFiles(_folder.Path))
            {
                File.Delete(file);
            }

            _cursors.Clear();
            _lines = 0;
            Write(random.Next(2, 5));
            FileTicks.Next();
            var filter = random.Pick("", "", "even");
            var delivered = await WatchAsync([path], filter, random.Next(2));
            var log = new List<string>();
            for (var step = 0; step < 25; step++)
            {
                // Without the time of its content, a compressed file comes too late in the merge of files without times.
                log.Add(Change(random, mayLoseTime: mode is "single" or "glob"));
                FileTicks.Next();
                if (random.Next(3) == 0)
                {
                    var got = await WatchAsync([path], filter, random.Next(4) == 0 ? random.Next(1, 4) : 0);
                    log.Add($"watch: {string.Join(' ', got)}");
                    delivered.AddRange(got);
                }
            }

            delivered.AddRange(await WatchAsync([path], filter));
            var expected = Enumerable.Range(1, _lines).Where(line => filter.Length == 0 || line % 2 == 0)
                .Select(line => line.ToString(CultureInfo.InvariantCulture)).ToList();
            var because = $"{mode}, round {round}: {string.Join("; ", log)}";
            if (mode is "single")
            {
                delivered.Should().Equal(expected, because);
            }
            else
            {
                delivered.OrderBy(line => int.Parse(line, CultureInfo.InvariantCulture)).Should().Equal(expected, because);
            }
        }
    }

    private string Change(Random random, bool mayLoseTime)
    {
        switch (random.Next(8))
        {
            case 0:
                Rename();
                Write(1);
                return "rename";
            case 1 when File.Exists(_folder["app.log.1"]):
                Compress(1, keepsTime: mayLoseTime && random.Next(2) == 0 ? false : true);
                return "compress";
            case 2:
                CopyAndTruncate();
                Write(1);
                return "copytruncate";
            default:
                Write(random.Next(1, 5));
                return $"write to {_lines}";
        }
    }

    private void Write(int count)
    {
        for (; count > 0; count--)
        {
            _lines++;
            _folder.Append("app.log", $$"""{"msg":"{{_lines}}","is":"{{(_lines % 2 == 0 ? "even" : "odd")}}"}""" + "\n");
        }
    }

    private void Rename()
    {
        Cascade();
        File.Move(_folder["app.log"], _folder["app.log.1"]);
        _folder.Write("app.log", "");
    }

    private void CopyAndTruncate()
    {
        Cascade();
        _folder.Copy("app.log", "app.log.1");
        File.WriteAllText(_folder["app.log"], "");
    }

    /// <summary>Makes way for a new app.log.1.</summary>
    private void Cascade()
    {
        for (var number = 60; number > 0; number--)
        {
            foreach (var suffix in new[] { "", ".gz" })
            {
                if (File.Exists(_folder[$"app.log.{number}{suffix}"]))
                {
                    File.Move(_folder[$"app.log.{number}{suffix}"], _folder[$"app.log.{number + 1}{suffix}"]);
                }
            }
        }
    }

    /// <summary>As gzip does it: with the time of the original, which is then deleted. Others don't keep the time.</summary>
    private void Compress(int number, bool keepsTime = true)
    {
        var path = _folder[$"app.log.{number}"];
        using (var compressed = new GZipStream(File.Create($"{path}.gz"), CompressionLevel.Fastest))
        {
            compressed.Write(File.ReadAllBytes(path));
        }

        if (keepsTime)
        {
            File.SetLastWriteTimeUtc($"{path}.gz", File.GetLastWriteTimeUtc(path));
        }

        File.Delete(path);
    }

    private async Task<List<string>> WatchAsync(string[] paths, string filter = "", int limit = 0)
    {
        var logs = LogSet.Open([.. paths.Select(path => path == "." ? _folder.Path : _folder[path])], TimeProvider.System);
        var after = _cursors.Values.Select(text => Cursor.TryParse(text, out var cursor) ? cursor : throw new FormatException(text)).ToList();
        var query = new WatchQuery(Filter.Parse(filter), Follow: false, limit, []) { After = after };
        query = after.Count == 0 ? query : query with { WatchedSince = after.Min(cursor => cursor.WatchedSince) };
        var messages = new List<string>();
        await foreach (var entry in logs.WatchAsync(query, () => { }, CancellationToken.None))
        {
            _cursors[entry.Source] = entry.Place!.ToCursor(query.WatchedSince).ToString();
            messages.Add(entry.Message);
        }

        return messages;
    }
}
