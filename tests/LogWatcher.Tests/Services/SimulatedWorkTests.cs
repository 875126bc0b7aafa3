using System.Text;
using LogWatcher.Cli;
using LogWatcher.Logs;
using LogWatcher.Protos.Assistant;
using LogWatcher.Protos.Messenger;
using LogWatcher.Protos.Monitoring;
using LogWatcher.Protos.Stocks;
using LogWatcher.Protos.Streaming;
using LogWatcher.Rpc;
using LogWatcher.Services;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Services;

/// <summary>The services that take their time: how long by the clock, what ends them, and what they refuse.</summary>
public sealed class SimulatedWorkTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ObservedTime _time = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0.01, 500_000)]
    [InlineData(0.5, 10_000)]
    [InlineData(1, 5_000)]
    [InlineData(10, 500)]
    [InlineData(5_000, 1)]
    public async Task Work_is_divided_by_the_pace(double pace, int milliseconds)
    {
        var chilling = Assistant(pace).ChillA(new ChillMessage { Id = 7, Message = "m" }, Call());
        await _time.TimerSetAsync(TimeSpan.FromMilliseconds(milliseconds));
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds) - TimeSpan.FromTicks(1));
        chilling.IsCompleted.Should().BeFalse();
        _time.Advance(TimeSpan.FromTicks(1));
        (await chilling.WaitAsync(RunningNode.Patience)).Should().Be(new ChillMessage { Id = 7, Message = "m" });
    }

    [Fact]
    public async Task At_the_fastest_pace_work_ends()
    {
        var telling = Assistant(1_000_000).TellStory(new TellStoryRequest(), new PlainCall());
        (await FluentActions.Awaiting(() => telling.CountAsync().AsTask()).Should().ThrowAsync<RpcException>()).Which.Status.Code.Should().Be(StatusCode.Cancelled);
    }

    [Theory]
    [InlineData("--pace", "0.01", true)]
    [InlineData("--pace", "1000000", true)]
    [InlineData("--pace", "0.009", false)]
    [InlineData("--pace", "1000000.1", false)]
    [InlineData("--pace", "0", false)]
    [InlineData("--pace", "-1", false)]
    [InlineData("--pace", "NaN", false)]
    [InlineData("--pace", "1e3", false)]
    [InlineData("--workers", "1", true)]
    [InlineData("--workers", "1000000", true)]
    [InlineData("--workers", "0", false)]
    [InlineData("--workers", "1000001", false)]
    [InlineData("--workers", "-1", false)]
    [InlineData("--collect-buffer", "1", true)]
    [InlineData("--collect-buffer", "10000000", true)]
    [InlineData("--collect-buffer", "0", false)]
    [InlineData("--collect-buffer", "10000001", false)]
    public void Options_have_bounds_on_both_doors(string option, string value, bool isGood)
    {
        foreach (string[] arguments in new string[][] { [option, value], ["serve", option, value] })
        {
            var parsing = () => Options.Parse(arguments);
            if (isGood)
            {
                parsing.Should().NotThrow();
            }
            else
            {
                parsing.Should().Throw<UsageException>().WithMessage($"{option} must be *");
            }
        }
    }

    /// <summary>Each wait of each method: a call that is ended there ends there.</summary>
    [Theory]
    [InlineData("Chill", 5_000, 0)]
    [InlineData("TellStory", 3_000, 1)]
    [InlineData("Count", 7_000, 0)]
    [InlineData("ServerStreaming", 500, 1)]
    [InlineData("BidirectionalStreaming", 200, 1)]
    [InlineData("StreamLearnings", 1_000, 0)]
    [InlineData("WatchPrices", 7_000, 1)]
    [InlineData("StreamMetrics", 7_000, 1)]
    public async Task A_call_that_is_ended_while_it_waits_ends(string method, int waitMilliseconds, int before)
    {
        var call = Call();
        await using var responses = Begin(method, call).GetAsyncEnumerator();
        for (; before > 0; before--)
        {
            (await responses.MoveNextAsync()).Should().BeTrue();
        }

        var next = responses.MoveNextAsync().AsTask();
        await _time.TimerSetAsync(TimeSpan.FromMilliseconds(waitMilliseconds));
        next.IsCompleted.Should().BeFalse();
        call.EndFromOutside();
        await FluentActions.Awaiting(() => next.WaitAsync(RunningNode.Patience)).Should().ThrowAsync<OperationCanceledException>();
        call.IsEndless.Should().Be(method is "Count" or "WatchPrices" or "StreamMetrics");
    }

    [Theory]
    [InlineData("Count -1", "step_sec: expected 0 or more, got -1")]
    [InlineData("Count 2147483647", "step_sec: expected at most 4294967, got 2147483647")]
    [InlineData("Count 4294968", "step_sec: expected at most 4294967, got 4294968")]
    [InlineData("WatchPrices -1", "interval_ms: expected 0 or more, got -1")]
    [InlineData("WatchPrices limit", "limit: expected 0 or more, got -1")]
    [InlineData("WatchPrices symbols", "symbols: expected at most 1000, got 1001")]
    [InlineData("WatchPrices noname", "symbols: expected a name, got nothing")]
    [InlineData("StreamMetrics -1", "interval_ms: expected 0 or more, got -1")]
    [InlineData("StreamMetrics limit", "limit: expected 0 or more, got -1")]
    [InlineData("StreamMetrics names", "names: unknown metric \"no\"; there are: *")]
    [InlineData("StreamLogs limit", "limit: expected 0 or more, got -1")]
    [InlineData("StreamLogs filter", "filter: *")]
    [InlineData("ServerStreaming -1", "max_messages: expected 0 or more, got -1")]
    public async Task What_a_request_may_not_hold_is_named(string request, string text)
    {
        var call = Call();
        var failure = await FluentActions.Awaiting(() => Wrong(request, call).CountAsync().AsTask()).Should().ThrowAsync<RpcException>().WithMessage(text);
        failure.Which.Status.Code.Should().Be(StatusCode.InvalidArgument);
        call.IsEndless.Should().BeFalse();
    }

    [Theory]
    [InlineData(4_294_967)]
    [InlineData(1)]
    public async Task A_step_is_never_paced(int seconds)
    {
        await using var counts = Assistant(1_000_000).Count(new CountRequest { FromVal = -2, StepSec = seconds }, Call()).GetAsyncEnumerator();
        for (var expected = -1; expected < 2; expected++)
        {
            var next = counts.MoveNextAsync().AsTask();
            next.IsCompleted.Should().BeFalse();
            _time.Advance(TimeSpan.FromSeconds(seconds));
            (await next.WaitAsync(RunningNode.Patience)).Should().BeTrue();
            counts.Current.Count.Should().Be(expected);
        }
    }

    [Theory]
    [InlineData(int.MaxValue, 0)]
    [InlineData(int.MaxValue - 1, 1)]
    [InlineData(int.MaxValue - 2, 2)]
    public async Task Count_ends_at_the_greatest_number(int from, int counts)
    {
        var counting = Assistant(1).Count(new CountRequest { FromVal = from }, Call()).Select(count => count.Count).ToListAsync().AsTask();
        for (var tick = 0; tick < counts; tick++)
        {
            counting.IsCompleted.Should().BeFalse();
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        (await counting.WaitAsync(RunningNode.Patience)).Should().Equal(Enumerable.Range(0, counts).Select(index => from + 1 + index));
    }

    [Fact]
    public async Task An_interval_of_24_days_is_one()
    {
        await using var prices = new StockService().WatchPrices(new WatchPricesRequest { Symbols = { "X" }, IntervalMs = int.MaxValue }, Call()).GetAsyncEnumerator();
        await prices.MoveNextAsync();
        var next = prices.MoveNextAsync().AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(int.MaxValue));
        (await next.WaitAsync(RunningNode.Patience)).Should().BeTrue();
    }

    [Fact]
    public async Task Of_a_guess_it_is_told_how_it_compares_until_it_is_right()
    {
        var number = new Random(7).Next(1, 101);
        var service = new AssistantService(new Pace(1), new Story(null), new Random(7));
        int[] guesses = [0, 101, -5, int.MinValue, int.MaxValue, 1, 100, number, number, 50];
        var answers = await service.GuessInt(guesses.Select(guess => new GuessIntRequest { Guess = guess }).ToAsyncEnumerable(), Call()).ToListAsync();
        answers.Select(answer => answer.Symbol).Should().Equal("?", "?", "?", "?", "?", "<", ">", "=");
        answers.Select(answer => answer.Guess).Should().Equal(guesses.Take(8));
        answers[0].Message.Should().Be("Your guess 0 is out of range. Try an integer between 1 and 100.");
        answers.Skip(5).Select(answer => answer.Message).Should().Equal(
            "Your guess 1 < true value.", "Your guess 100 > true value.", $"Your guess {number} = true value. Congratulations!!!");
    }

    [Fact]
    public async Task Every_number_to_guess_is_from_1_to_100_and_each_comes()
    {
        var service = new AssistantService(new Pace(1), new Story(null), new Random(1));
        var found = new HashSet<int>();
        for (var call = 0; call < 2_000; call++)
        {
            var answers = service.GuessInt(AsyncEnumerable.Range(1, 100).Select(guess => new GuessIntRequest { Guess = guess }), Call());
            found.Add((await answers.LastAsync(answer => answer.Symbol == "=")).Guess);
        }

        found.Should().HaveCount(100);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(1_024, 0)]
    [InlineData(1_025, 0)]
    [InlineData(3_000, 1)]
    [InlineData(3_000, 2)]
    public async Task A_story_is_any_bytes_in_chunks(int bytes, int kind)
    {
        // Bad UTF-8; and characters of three bytes, which every border of a chunk cuts.
        var story = kind == 1 ? [.. Enumerable.Repeat((byte)0xff, bytes)] : Encoding.UTF8.GetBytes(new string(kind == 2 ? '€' : 'x', kind == 2 ? bytes / 3 : bytes));
        var service = new AssistantService(new Pace(1_000_000), new Story(_folder.Write("story", story)), new Random(1));
        var chunks = new List<byte[]>();
        var status = await FluentActions.Awaiting(async () =>
        {
            await foreach (var chunk in service.TellStory(new TellStoryRequest { UserName = "P", Institution = "S" }, new PlainCall()))
            {
                chunks.Add(chunk.TextChunk.ToByteArray());
            }
        }).Should().ThrowAsync<RpcException>();

        (status.Which.Status.Code, status.Which.Message).Should().Be((StatusCode.Cancelled, "the story is told"));
        Encoding.UTF8.GetString(chunks[0]).Should().Be("Hi P from S! Here's your story:\n\n");
        Encoding.UTF8.GetString(chunks[^1]).Should().Be("\nThat's it! Hope you like the story~\n\n");
        chunks[1..^1].SelectMany(chunk => chunk).Should().Equal(story);
        chunks.Skip(1).SkipLast(2).All(chunk => chunk.Length == Story.ChunkBytes).Should().BeTrue();
    }

    [Fact]
    public async Task A_story_that_has_gone_is_told_to_be()
    {
        var story = new Story(_folder["gone"]);
        (await FluentActions.Awaiting(() => story.ReadAsync(default).CountAsync().AsTask()).Should().ThrowAsync<RpcException>()).Which.Status.Code.Should().Be(StatusCode.Internal);
    }

    [Fact]
    public async Task The_built_in_story_is_long_enough()
    {
        var chunks = await new Story(null).ReadAsync(default).ToListAsync();
        Encoding.UTF8.GetString([.. chunks.SelectMany(chunk => chunk)]).Length.Should().BeGreaterThanOrEqualTo(5_000);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_prices_whatever_else_is_asked_for()
    {
        var alone = await PricesAsync(3, 7, "GOOG");
        (await PricesAsync(3, 7, "GOOG")).Should().Equal(alone);
        (await PricesAsync(6, 7, "MSFT", "GOOG", "MSFT")).Where(price => price.Symbol == "GOOG").Should().Equal(alone);
        (await PricesAsync(3, 8, "GOOG")).Should().NotEqual(alone);
        alone.Should().AllSatisfy(price => price.Price.Should().BeGreaterThan(0));
        alone.Zip(alone.Skip(1)).Should().AllSatisfy(pair => (pair.Second.Price / pair.First.Price).Should().BeInRange(0.9899, 1.0101));
        (await PricesAsync(10, 0)).Select(price => price.Symbol).Should().OnlyHaveUniqueItems();
        (await PricesAsync(1, long.MinValue, "😀")).Should().ContainSingle();

        async Task<List<(string Symbol, double Price)>> PricesAsync(int limit, long seed, params string[] symbols)
        {
            var request = new WatchPricesRequest { Symbols = { symbols }, Limit = limit, Seed = seed, IntervalMs = 1 };
            return await new StockService().WatchPrices(request, new PlainCall()).Select(price => (price.Symbol, price.Price)).ToListAsync();
        }
    }

    [Fact]
    public async Task Metrics_come_all_at_once_with_their_labels_and_the_limit_counts_messages()
    {
        var service = Monitoring();
        var all = await service.StreamMetrics(new MetricsRequest { Limit = 9 + GC.MaxGeneration + 1 }, Call()).ToListAsync();
        all.Select(metric => metric.MetricName).Distinct().Should().HaveCount(10);
        all.Should().AllSatisfy(metric => metric.Timestamp.Should().Be(_time.GetUtcNow().ToUnixTimeMilliseconds()));
        all.Where(metric => metric.MetricName == "gc_collections").Select(metric => metric.Labels["generation"]).Should().Equal("0", "1", "2");
        (await service.StreamMetrics(new MetricsRequest { Limit = 1, Names = { "heap_bytes" } }, Call()).ToListAsync()).Single().Value.Should().BeGreaterThan(0);
    }

    [Fact]
    public async Task Logs_come_in_the_seeds_form()
    {
        _folder.Write("app.log", """{"time":"2026-11-20T10:00:00.5Z","level":"warn","msg":"m","a":"1","source":"its own"}""" + "\nplain\n"
            + """{"msg":"n","source":"1","log_source":"2"}""" + "\n");
        var service = new MonitoringService(new LogWatcherService(LogSet.Open([_folder.Path], _time, useHints: false)), new ServiceOptions().Counts);
        (await service.StreamLogs(new LogRequest(), Call()).ToListAsync()).Should().Equal(
            new LogWatcher.Protos.Monitoring.LogEntry
            {
                Level = "WARN",
                Message = "m",
                Timestamp = new DateTimeOffset(2026, 11, 20, 10, 0, 0, 500, TimeSpan.Zero).ToUnixTimeMilliseconds(),
                Labels = { ["a"] = "1", ["source"] = "its own", ["log_source"] = _folder["app.log"] },
            },
            new LogWatcher.Protos.Monitoring.LogEntry { Message = "plain", Labels = { ["source"] = _folder["app.log"] } },
            new LogWatcher.Protos.Monitoring.LogEntry
            {
                Message = "n",
                Labels = { ["source"] = "1", ["log_source"] = "2", ["log_log_source"] = _folder["app.log"] },
            });
        (await service.StreamLogs(new LogRequest { Filter = "WARN", Limit = 1 }, Call()).CountAsync()).Should().Be(1);
    }

    [Fact]
    public async Task Lengths_are_counted_in_characters_and_an_empty_message_is_an_error()
    {
        var service = new StreamingService(new Pace(1_000_000));
        Message[] messages = [new() { Content = "aé😀" }, new(), new() { Content = "b" }];
        (await service.ClientStreaming(messages.ToAsyncEnumerable(), Call())).Should().Be(
            new StreamResponse { MessagesProcessed = 3, Status = "Processed 3 messages, total length: 4" });
        (await service.BidirectionalStreaming(messages.ToAsyncEnumerable(), new PlainCall()).Select(message => message.Content).ToListAsync())
            .Should().Equal("Echo: aé😀", "ERROR: Empty message content", "Echo: b");
        (await service.ServerStreaming(new StreamRequest { Topic = "t" }, new PlainCall()).CountAsync()).Should().Be(10);
    }

    private static AssistantService Assistant(double pace) => new(new Pace(pace), new Story(null), new Random(1));

    private IAsyncEnumerable<object> Begin(string method, CallContext call) => method switch
    {
        "Chill" => Once(Assistant(1).ChillA(new ChillMessage(), call)),
        "TellStory" => Assistant(1).TellStory(new TellStoryRequest(), call),
        "Count" => Assistant(1).Count(new CountRequest { StepSec = 7 }, call),
        "ServerStreaming" => new StreamingService(new Pace(1)).ServerStreaming(new StreamRequest(), call),
        "BidirectionalStreaming" => new StreamingService(new Pace(1)).BidirectionalStreaming(new[] { new Message(), new Message() }.ToAsyncEnumerable(), call),
        "StreamLearnings" => new LearningMessenger(new Pace(1)).StreamLearnings(new TopicRequest(), call),
        "WatchPrices" => new StockService().WatchPrices(new WatchPricesRequest { Symbols = { "X" }, IntervalMs = 7_000 }, call),
        _ => Monitoring().StreamMetrics(new MetricsRequest { Names = { "calls" }, IntervalMs = 7_000 }, call),
    };

    private static IAsyncEnumerable<object> Wrong(string request, CallContext call) => request.Split(' ') switch
    {
        ["Count", var step] => Assistant(1).Count(new CountRequest { StepSec = int.Parse(step, System.Globalization.CultureInfo.InvariantCulture) }, call),
        ["WatchPrices", "-1"] => new StockService().WatchPrices(new WatchPricesRequest { IntervalMs = -1 }, call),
        ["WatchPrices", "limit"] => new StockService().WatchPrices(new WatchPricesRequest { Limit = -1 }, call),
        ["WatchPrices", "noname"] => new StockService().WatchPrices(new WatchPricesRequest { Symbols = { "" } }, call),
        ["WatchPrices", _] => new StockService().WatchPrices(new WatchPricesRequest { Symbols = { Enumerable.Range(0, 1_001).Select(number => $"S{number}") } }, call),
        ["StreamMetrics", "-1"] => Monitoring().StreamMetrics(new MetricsRequest { IntervalMs = -1 }, call),
        ["StreamMetrics", "limit"] => Monitoring().StreamMetrics(new MetricsRequest { Limit = -1 }, call),
        ["StreamMetrics", _] => Monitoring().StreamMetrics(new MetricsRequest { Names = { "calls", "no" } }, call),
        ["StreamLogs", "limit"] => Monitoring().StreamLogs(new LogRequest { Limit = -1, Follow = true }, call),
        ["StreamLogs", _] => Monitoring().StreamLogs(new LogRequest { Filter = "(", Follow = true }, call),
        _ => new StreamingService(new Pace(1)).ServerStreaming(new StreamRequest { MaxMessages = -1 }, call),
    };

    private static MonitoringService Monitoring() => new(new LogWatcherService(LogSet.Sample), new ServiceOptions().Counts);

    private static async IAsyncEnumerable<object> Once<T>(Task<T> task)
    {
        yield return (await task)!;
    }

    private PlainCall Call() => new(time: _time);
}
