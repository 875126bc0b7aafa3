namespace LogWatcher.Logs;

/// <summary>Names in ASCII, compared in any case.</summary>
internal static class AsciiName
{
    /// <summary>The bit in which lower and upper case differ.</summary>
    private const int Case = 0x20;

    /// <summary>
    /// Whether a text is a name, letters in any case. A handful of bytes each time: what the platform brings for long texts as well takes
    /// the JIT longer than a search for a rare word has.
    /// </summary>
    /// <param name="text">Any bytes.</param>
    /// <param name="name">In lower case.</param>
    public static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name)
    {
        if (text.Length != name.Length)
        {
            return false;
        }

        for (var index = 0; index < name.Length; index++)
        {
            var difference = text[index] ^ name[index];
            if (difference != 0 && (difference != Case || !char.IsAsciiLetterLower((char)name[index])))
            {
                return false;
            }
        }

        return true;
    }
}
