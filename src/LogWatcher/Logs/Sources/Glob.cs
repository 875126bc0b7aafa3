namespace LogWatcher.Logs.Sources;

/// <summary>
/// A pattern for paths as shells have it: <c>*</c> and <c>?</c> within a name, <c>[a-z]</c> and <c>[!a-z]</c>, and <c>**</c>
/// for any number of folders. A name that begins with a dot is only matched by a pattern that does so too.
/// </summary>
internal sealed class Glob
{
    /// <summary>The name of any number of folders, none among them.</summary>
    public const string AnyFolders = "**";

    private static readonly char[] Wildcards = ['*', '?', '['];

    public Glob(string pattern) => Names = NamesIn(pattern);

    /// <summary>The pattern's parts between the slashes; the first is empty for an absolute path.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Whether a path or a name has anything in it that makes it a pattern.</summary>
    public static bool IsPattern(string path) => path.AsSpan().IndexOfAny(Wildcards) >= 0;

    /// <summary>
    /// Whether a source is meant by this pattern: a pattern without a slash goes by the file's name alone, any other by the
    /// whole path.
    /// </summary>
    public bool MatchesSource(string path) => Names.Count == 1
        ? MatchesName(Names[0], path.AsSpan(path.LastIndexOf('/') + 1))
        : MatchesNames(NamesIn(path));

    /// <summary>Whether one name fits one part of a pattern. Takes time of at most their lengths' product.</summary>
    public static bool MatchesName(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        if (name.StartsWith('.') && !pattern.StartsWith('.'))
        {
            return false;
        }

        // On a mismatch the last star takes one character more; the stars before it need never be asked again.
        var (at, star, starAt) = (0, -1, 0);
        for (var index = 0; index < name.Length;)
        {
            if (at < pattern.Length && pattern[at] == '*')
            {
                star = at++;
                starAt = index;
            }
            else if (at < pattern.Length && MatchesOne(pattern, at, name[index], out var next))
            {
                at = next;
                index++;
            }
            else if (star >= 0)
            {
                at = star + 1;
                index = ++starAt;
            }
            else
            {
                return false;
            }
        }

        return pattern[at..].TrimStart('*').IsEmpty;
    }

    /// <summary>Several slashes between two names are one, as for the system.</summary>
    private static string[] NamesIn(string path)
    {
        var names = path.Split('/');
        return path.Contains("//", StringComparison.Ordinal)
            ? [.. names.Where((name, index) => name.Length > 0 || index == 0 || index == names.Length - 1)]
            : names;
    }

    /// <summary>As <see cref="MatchesName"/> goes about characters: of the folders before the last <c>**</c> none need be asked again.</summary>
    private bool MatchesNames(string[] names)
    {
        var (at, any, anyAt) = (0, -1, 0);
        for (var index = 0; index < names.Length;)
        {
            if (at < Names.Count && Names[at] == AnyFolders)
            {
                any = at++;
                anyAt = index;
            }
            else if (at < Names.Count && MatchesName(Names[at], names[index]))
            {
                at++;
                index++;
            }
            else if (any >= 0)
            {
                at = any + 1;
                index = ++anyAt;
            }
            else
            {
                return false;
            }
        }

        return Names.Skip(at).All(name => name == AnyFolders);
    }

    private static bool MatchesOne(ReadOnlySpan<char> pattern, int at, char character, out int next)
    {
        next = at + 1;
        if (pattern[at] == '?')
        {
            return true;
        }

        // A bracket that nothing closes is a bracket; a closing one right at the beginning belongs to the set.
        var set = pattern[(at + 1)..];
        var isNegated = set.Length > 0 && set[0] is '!' or '^';
        set = isNegated ? set[1..] : set;
        var length = set.Length > 1 ? set[1..].IndexOf(']') + 1 : 0;
        if (pattern[at] != '[' || length == 0)
        {
            return pattern[at] == character;
        }

        next = at + (isNegated ? 2 : 1) + length + 1;
        return IsIn(set[..length], character) != isNegated;
    }

    private static bool IsIn(ReadOnlySpan<char> set, char character)
    {
        for (var index = 0; index < set.Length; index++)
        {
            if (index + 2 < set.Length && set[index + 1] == '-')
            {
                if (character >= set[index] && character <= set[index + 2])
                {
                    return true;
                }

                index += 2;
            }
            else if (set[index] == character)
            {
                return true;
            }
        }

        return false;
    }
}
