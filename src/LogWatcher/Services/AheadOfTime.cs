using System.Text.Json;
using LogWatcher.Protos.V1;
using LogWatcher.Rpc;

namespace LogWatcher.Services;

/// <summary>
/// What a release build is to compile ahead of time. Of a generic type only those methods are that are seen to be called as
/// they are, not as overrides: without this the JIT would have to compile, at every start, those that each message goes through.
/// </summary>
internal static class AheadOfTime
{
    /// <summary>Never called. The message stands for all: code is shared among classes.</summary>
    public static void SeeCalled(
        SingularFieldJson<LogEntry, string, StringJson> text,
        SingularFieldJson<LogEntry, bool, BooleanJson> boolean,
        SingularFieldJson<LogEntry, int, IntegerJson<int>> integer,
        JsonOutput output,
        LogEntry message,
        ref JsonInput reader)
    {
        text.Read(ref reader, message);
        boolean.Read(ref reader, message);
        integer.Read(ref reader, message);
        text.Write(output, message, isFirst: true);
    }
}
