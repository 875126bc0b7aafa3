namespace LogWatcher.Logs;

/// <summary>The six levels of an entry, in their order; <see cref="None"/> when a line has none.</summary>
internal enum LogLevel : byte
{
    None,
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
}
