using System.Security.Cryptography;
using System.Text;

namespace LogWatcher.Rpc;

/// <summary>
/// The interceptor behind <c>--token</c>: every call but those of the health service needs <c>authorization: Bearer TOKEN</c>
/// in its metadata (RFC 6750, 2.1), on any door.
/// </summary>
internal static class TokenAuthentication
{
    private const string Key = "authorization";
    private const string Scheme = "Bearer ";

    /// <summary>What a token must be, for errors.</summary>
    public const string Sendable = "printable ASCII on one line, with no space at either end";

    /// <summary>Whether a client can send it as it is: what else stands in metadata is refused on its way, or cut (RFC 9110, 5.5).</summary>
    public static bool CanBeSent(string token) =>
        !token.AsSpan().ContainsAnyExceptInRange(' ', '~') && !token.StartsWith(' ') && !token.EndsWith(' ');

    /// <param name="token">Kept as a hash only, and never told to anybody.</param>
    /// <returns>An interceptor that ends calls without the token UNAUTHENTICATED.</returns>
    public static Interceptor Requiring(string token)
    {
        var expected = Hash(token);
        return (context, next) => HealthChecking.Includes(context.Method) || IsGiven(context.RequestMetadata, expected)
            ? next(context)
            : throw new RpcException(StatusCode.Unauthenticated, "the call needs the metadata authorization: Bearer TOKEN, with the node's token");
    }

    private static bool IsGiven(Metadata metadata, byte[] expected)
    {
        // The scheme's name ignores case (RFC 9110, 11.1). Of hashes neither the length nor the time tells anything.
        return metadata.Get(Key) is { } given
            && given.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(Hash(given[Scheme.Length..]), expected);
    }

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
