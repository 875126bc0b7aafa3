namespace LogWatcher.Rpc;

/// <summary>The service by which others learn whether this one is alive (grpc/grpc <c>doc/health-checking.md</c>).</summary>
internal static class HealthChecking
{
    public const string Service = "grpc.health.v1.Health";

    /// <summary>Whether a call is one of those that need no token, count against no rate, and are answered while the node stops.</summary>
    public static bool Includes(Method method) => method.Service == Service;
}
