using LogWatcher.Protos.Assistant;
using LogWatcher.Protos.Messenger;
using LogWatcher.Protos.Streaming;
using LogWatcher.Rpc;
using LogWatcher.Services;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Services;

/// <summary>What the seeds' servers do to simulate work takes the seeds' own time, divided by the pace.</summary>
public sealed class PaceTests
{
    private const double Divisor = 5;

    private static readonly Pace Pace = new(Divisor);

    [Fact]
    public Task Messages_of_a_stream_are_half_a_second_apart() => ExpectWaitsAsync(
        call => new StreamingService(Pace).ServerStreaming(new StreamRequest { MaxMessages = 3 }, call), 0.5, 0.5);

    [Fact]
    public Task Each_echo_takes_a_fifth_of_a_second() => ExpectWaitsAsync(
        call => new StreamingService(Pace).BidirectionalStreaming(Twice(new Message { Content = "hello" }), call), 0.2, 0.2);

    [Fact]
    public Task A_second_of_learning_is_before_each_update() => ExpectWaitsAsync(
        call => new LearningMessenger(Pace).StreamLearnings(new TopicRequest(), call), 1, 1, 1, 1);

    [Fact]
    public Task A_story_is_thought_of_for_three_seconds_and_told_by_twentieths() => ExpectWaitsAsync(
        call => new AssistantService(Pace, new Story(path: null), Random.Shared).TellStory(new TellStoryRequest(), call), 3, 0.05, 0.05, 0.05, 0.05, 0.05);

    private static async Task ExpectWaitsAsync<T>(Func<CallContext, IAsyncEnumerable<T>> handler, params double[] seconds)
    {
        var time = new ImpatientTime();
        try
        {
            await foreach (var _ in handler(new PlainCall(time: time)))
            {
            }
        }
        catch (RpcException exception) when (exception.Status.Code == StatusCode.Cancelled)
        {
            // So a story ends.
        }

        time.Waits.Should().Equal(seconds.Select(wait => TimeSpan.FromSeconds(wait / Divisor)));
    }

    private static async IAsyncEnumerable<T> Twice<T>(T request)
    {
        await Task.CompletedTask;
        yield return request;
        yield return request;
    }

    /// <summary>A clock that remembers what it was to wait for, and waits for nothing.</summary>
    private sealed class ImpatientTime : TimeProvider
    {
        public List<TimeSpan> Waits { get; } = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Waits.Add(dueTime);
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
