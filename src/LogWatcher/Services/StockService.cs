using System.Text;
using LogWatcher.Protos.Stocks;
using LogWatcher.Rpc;

namespace LogWatcher.Services;

/// <summary><c>StockService</c> (seed 003, exercise 1): prices that nobody has ever paid.</summary>
internal sealed class StockService
{
    /// <summary>Symbols of a request: far more than anybody lists.</summary>
    public const int MaxSymbols = 1_000;

    private static readonly string[] AllSymbols = ["AAPL", "AMZN", "GOOG", "IBM", "INTC", "META", "MSFT", "NVDA", "ORCL", "TSLA"];

    /// <summary>
    /// A random walk for each symbol, which may be any: the same for the same seed, whatever other symbols are asked for. Endless
    /// without a limit.
    /// </summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT, naming the field.</exception>
    [Example("""{"symbols":["GOOG","MSFT"],"interval_ms":100,"limit":4,"seed":7}""")]
    public async IAsyncEnumerable<PriceUpdate> WatchPrices(WatchPricesRequest request, CallContext context)
    {
        RequestChecks.RejectNegative("limit", request.Limit);
        RequestChecks.RejectMore("symbols", request.Symbols.Count, MaxSymbols);
        var interval = RequestChecks.Interval("interval_ms", request.IntervalMs, TimeSpan.FromMilliseconds(1));
        string[] symbols = request.Symbols.Count == 0
            ? AllSymbols
            : [.. request.Symbols.Select(symbol => RequestChecks.Name("symbols", symbol)).Distinct(StringComparer.Ordinal)];
        var walks = Array.ConvertAll(symbols, symbol => new PriceWalk(symbol, request.Seed));
        if (request.Limit == 0)
        {
            context.DeclareEndless();
        }

        using var ticks = new PeriodicTimer(interval, context.Time);
        for (var left = (long)request.Limit; ;)
        {
            for (var index = 0; index < symbols.Length; index++)
            {
                yield return new PriceUpdate
                {
                    Symbol = symbols[index],
                    Price = walks[index].Next(),
                    Timestamp = context.Time.GetUtcNow().ToUnixTimeMilliseconds(),
                };
                if (--left == 0)
                {
                    yield break;
                }
            }

            await ticks.WaitForNextTickAsync(context.CancellationToken);
        }
    }

    /// <summary>A price that goes up and down by at most one per cent, in cents.</summary>
    private sealed class PriceWalk
    {
        private const decimal Least = 0.01m;

        private readonly Random _random;
        private decimal _price;

        public PriceWalk(string symbol, long seed)
        {
            // FNV-1a, over the symbol and the seed: the same on every machine.
            var hash = 2166136261u;
            foreach (var part in (byte[])[.. Encoding.UTF8.GetBytes(symbol), .. BitConverter.GetBytes(seed)])
            {
                hash = unchecked((hash ^ part) * 16777619);
            }

            // A seeded Random gives the same numbers for ever.
            _random = new Random((int)(hash & int.MaxValue));
            _price = Math.Round(20m + (decimal)(_random.NextDouble() * 480), 2);
        }

        public double Next()
        {
            var price = (double)_price;
            _price = Math.Max(Least, Math.Round(_price * (decimal)(0.99 + (_random.NextDouble() * 0.02)), 2));
            return price;
        }
    }
}
