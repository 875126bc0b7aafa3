namespace LogWatcher.Node;

/// <summary>Thrown by an output stream whose reader has gone: the one failure of stdout that is no failure.</summary>
internal sealed class BrokenPipeException() : IOException("the reader of stdout has gone");
