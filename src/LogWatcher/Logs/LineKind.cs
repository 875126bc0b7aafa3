namespace LogWatcher.Logs;

/// <summary>What a line is recognised as, by its head.</summary>
internal enum LineKind : byte
{
    /// <summary>No known format: behind an entry with a head it belongs to that, else it is an entry of its own.</summary>
    Plain,

    /// <summary>A text layout's head: plain lines behind it belong to its entry.</summary>
    TextHead,

    /// <summary>JSON, logfmt, syslog, access, CRI: whole in itself.</summary>
    Structured,
}
