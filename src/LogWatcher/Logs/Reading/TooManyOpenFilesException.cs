namespace LogWatcher.Logs.Reading;

/// <summary>
/// No more files can be opened, as many as are open. Unlike with a file that is not there or may not be read, nothing of that is the file's: to
/// go on without it would lose it.
/// </summary>
/// <param name="path">What was to be opened.</param>
internal sealed class TooManyOpenFilesException(string path)
    : IOException($"too many files are open to open {path}, too: raise their limit (ulimit -n), or watch fewer of them");
