namespace LogWatcher.Benchmarks;

/// <summary>What a generated line tells. A tenth have the common word, one in a hundred thousand the rare one.</summary>
internal readonly record struct ScanEvent(DateTime Time, string Level, string Message, string Service, int User, int Status, int TookMilliseconds)
{
    private static readonly DateTime First = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private static readonly string[] Services = ["shop.api0", "shop.api1", "shop.api2", "shop.api3", "shop.api4", "shop.api5", "shop.api6"];

    public static ScanEvent Next(Random random, int line, string rareWord, string commonWord)
    {
        var ending = line % 100_000 == 77_777
            ? rareWord
            : random.Next(200) switch { < 20 => commonWord, 20 => $"reset by 10.{random.Next(256)}.0.{random.Next(10)}", _ => "nothing special" };
        return new ScanEvent(
            First.AddMilliseconds(line),
            random.Next(100) switch { 0 => "ERROR", < 5 => "WARN", < 20 => "DEBUG", _ => "INFO" },
            $"GET /api/orders/{random.Next(1_000_000)} done, {ending}",
            Services[random.Next(Services.Length)],
            random.Next(10_000),
            random.Next(200) == 0 ? 503 : 200,
            random.Next(1, 999));
    }
}
