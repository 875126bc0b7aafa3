using System.Globalization;
using System.Text;
using Google.Protobuf;
using LogWatcher.Protos.Assistant;
using LogWatcher.Rpc;

namespace LogWatcher.Services;

/// <summary><c>AssistantService</c> (seed 002): what the seed's labs each define of it, in one.</summary>
/// <param name="pace">How fast simulated work is done.</param>
/// <param name="story">What TellStory tells.</param>
/// <param name="random">Gives the numbers to guess.</param>
internal sealed class AssistantService(Pace pace, Story story, Random random)
{
    private const int MinGuess = 1;
    private const int MaxGuess = 100;
    private const double StorySeconds = 3;
    private const double ChunkSeconds = 0.05;
    private const double ChillASeconds = 5;
    private const double ChillBSeconds = 3;

    [Example("""{"user_name":"Peter","institution":"SUSTech"}""")]
    public Task<GreetResponse> GreetWithInfo(GreetRequest request, CallContext context) =>
        Task.FromResult(new GreetResponse { Message = $"Hello {request.UserName} from {request.Institution}!" });

    [Example("""{"xin":3.5,"yin":7}""")]
    public Task<MultResponse> Multiply(MultRequest request, CallContext context) =>
        Task.FromResult(new MultResponse { Xin = request.Xin, Yin = request.Yin, Result = request.Xin * request.Yin });

    /// <summary>As the seed's server does it: the call is ended by a cancel of the server's.</summary>
    /// <exception cref="RpcException">CANCELLED: the story is told. INTERNAL: it cannot be read.</exception>
    [Example("""{"user_name":"Peter","institution":"SUSTech"}""")]
    public async IAsyncEnumerable<TellStoryResponse> TellStory(TellStoryRequest request, CallContext context)
    {
        yield return Chunk($"Hi {request.UserName} from {request.Institution}! Here's your story:\n\n");
        await pace.WorkAsync(StorySeconds, context);
        await foreach (var chunk in story.ReadAsync(context.CancellationToken))
        {
            yield return new TellStoryResponse { TextChunk = UnsafeByteOperations.UnsafeWrap(chunk) };
            await pace.WorkAsync(ChunkSeconds, context);
        }

        yield return Chunk("\nThat's it! Hope you like the story~\n\n");
        throw new RpcException(StatusCode.Cancelled, "the story is told");
    }

    [Example("""{"guess":50}""")]
    public async IAsyncEnumerable<GuessIntResponse> GuessInt(IAsyncEnumerable<GuessIntRequest> requests, CallContext context)
    {
        int number;
        lock (random)
        {
            number = random.Next(MinGuess, MaxGuess + 1);
        }

        await foreach (var request in requests)
        {
            var answer = Compare(request.Guess, number);
            yield return answer;
            if (answer.Symbol == "=")
            {
                yield break;
            }
        }
    }

    /// <summary>Endless, unless it comes to the greatest number there is.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: <c>step_sec</c> is negative, or more than 49 days.</exception>
    [Example("""{"from_val":6,"step_sec":2}""")]
    public async IAsyncEnumerable<CountResponse> Count(CountRequest request, CallContext context)
    {
        var step = RequestChecks.Interval("step_sec", request.StepSec, TimeSpan.FromSeconds(1));
        context.DeclareEndless();
        using var ticks = new PeriodicTimer(step, context.Time);
        for (var count = request.FromVal; count < int.MaxValue;)
        {
            await ticks.WaitForNextTickAsync(context.CancellationToken);
            yield return new CountResponse { Count = ++count };
        }
    }

    [Example("""{"id":1,"message":"chill"}""")]
    public Task<ChillMessage> ChillA(ChillMessage request, CallContext context) => ChillAsync(ChillASeconds, request, context);

    [Example("""{"id":2,"message":"chill"}""")]
    public Task<ChillMessage> ChillB(ChillMessage request, CallContext context) => ChillAsync(ChillBSeconds, request, context);

    private async Task<ChillMessage> ChillAsync(double seconds, ChillMessage request, CallContext context)
    {
        await pace.WorkAsync(seconds, context);
        return request;
    }

    private static GuessIntResponse Compare(int guess, int number)
    {
        if (guess is < MinGuess or > MaxGuess)
        {
            return Answer("?", $"is out of range. Try an integer between {MinGuess} and {MaxGuess}.");
        }

        var symbol = guess < number ? "<" : guess > number ? ">" : "=";
        return Answer(symbol, symbol == "=" ? "= true value. Congratulations!!!" : $"{symbol} true value.");

        GuessIntResponse Answer(string symbol, string text) => new()
        {
            Guess = guess,
            Symbol = symbol,
            Message = string.Create(CultureInfo.InvariantCulture, $"Your guess {guess} {text}"),
        };
    }

    private static TellStoryResponse Chunk(string text) => new() { TextChunk = ByteString.CopyFrom(Encoding.UTF8.GetBytes(text)) };
}
