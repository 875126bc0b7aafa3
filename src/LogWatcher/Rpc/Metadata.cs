using System.Buffers;

namespace LogWatcher.Rpc;

/// <summary>
/// A call's metadata: lower-case keys, each with one or more values in the order they came
/// (grpc/grpc <c>doc/PROTOCOL-HTTP2.md</c>, "Custom-Metadata"). A key ending in <c>-bin</c> holds bytes, every other text.
/// One thread changes it, any may read it meanwhile.
/// </summary>
internal sealed class Metadata
{
    /// <summary>The suffix of the keys whose values are bytes.</summary>
    public const string BinarySuffix = "-bin";

    private static readonly SearchValues<char> KeyChars = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_-.");

    // Replaced and never changed: the end of a call that is cancelled is written while its handler may still add to it.
    private volatile KeyValuePair<string, object>[] _entries = [];

    /// <summary>Each key once, in the order of its first value, with all its values: strings, or byte arrays for <c>-bin</c>.</summary>
    public IEnumerable<IGrouping<string, object>> ByKey => _entries.GroupBy(entry => entry.Key, entry => entry.Value);

    public bool IsEmpty => _entries.Length == 0;

    /// <summary>Whether a key is made of lower-case letters, digits, <c>_</c>, <c>-</c> and <c>.</c> only.</summary>
    public static bool IsKey(ReadOnlySpan<char> key) => !key.IsEmpty && !key.ContainsAnyExcept(KeyChars);

    public static bool IsBinary(ReadOnlySpan<char> key) => key.EndsWith(BinarySuffix, StringComparison.Ordinal);

    /// <exception cref="ArgumentException">The key is malformed, or ends in <c>-bin</c>.</exception>
    public void Add(string key, string value)
    {
        CheckKey(key, binary: false);
        _entries = [.. _entries, new(key, value)];
    }

    /// <exception cref="ArgumentException">The key is malformed, or does not end in <c>-bin</c>.</exception>
    public void Add(string key, byte[] value)
    {
        CheckKey(key, binary: true);
        _entries = [.. _entries, new(key, value)];
    }

    /// <summary>Takes away all values of a key.</summary>
    public void Remove(string key) => _entries = [.. _entries.Where(entry => entry.Key != key)];

    /// <summary>The last text value of a key, or null.</summary>
    public string? Get(string key) => _entries.LastOrDefault(entry => entry.Key == key).Value as string;

    /// <summary>The values of a key in their order: strings, or byte arrays for <c>-bin</c>.</summary>
    public IEnumerable<object> GetAll(string key) => _entries.Where(entry => entry.Key == key).Select(entry => entry.Value);

    private static void CheckKey(string key, bool binary)
    {
        if (!IsKey(key))
        {
            throw new ArgumentException($"the metadata key \"{key}\" is not made of a-z, 0-9, _, - and . alone", nameof(key));
        }

        if (IsBinary(key) != binary)
        {
            throw new ArgumentException($"the metadata key \"{key}\" takes {(binary ? "text" : "bytes")}", nameof(key));
        }
    }
}
