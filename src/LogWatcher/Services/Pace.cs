using LogWatcher.Rpc;

namespace LogWatcher.Services;

/// <summary>The time that the seeds' servers take to simulate work, shortened so that nobody has to wait for it.</summary>
/// <param name="Divisor">Simulated seconds in a second; 1 is the seeds' own pace.</param>
internal sealed record Pace(double Divisor)
{
    public const double Default = 10;

    /// <summary>Does what would take so many seconds; a call that ends meanwhile need not wait for it.</summary>
    public Task WorkAsync(double seconds, CallContext context) =>
        Task.Delay(TimeSpan.FromSeconds(seconds / Divisor), context.Time, context.CancellationToken);
}
