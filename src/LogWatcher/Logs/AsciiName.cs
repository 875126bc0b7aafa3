namespace LogWatcher.Logs;

/// <summary>Names in ASCII, compared in any case.</summary>
internal static class AsciiName
{
    /// <summary>The bit in which lower and upper case differ.</summary>
    public const int CaseBit = 0x20;

    /// <summary>
    /// Whether a text is a name, letters in any case. By hand, since names are a handful of bytes (ARCHITECTURE.md, "Short texts by hand").
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
            if (difference != 0 && (difference != CaseBit || !char.IsAsciiLetterLower((char)name[index])))
            {
                return false;
            }
        }

        return true;
    }
}
