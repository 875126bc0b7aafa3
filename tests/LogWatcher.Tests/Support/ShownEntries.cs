using System.Text;
using LogWatcher.Protos.V1;
using LogWatcher.Rpc;

namespace LogWatcher.Tests.Support;

/// <summary>What a watch shows is one message over and over, good until the next is asked for.</summary>
internal static class ShownEntries
{
    /// <summary>A message of its own, by way of the JSON that a client gets.</summary>
    public static LogEntry Copy(LogEntry shown)
    {
        var output = new JsonOutput();
        MessageJson<LogEntry>.Instance.Write(output, shown);
        return LogEntry.Parser.ParseJson(Encoding.UTF8.GetString(output.Written));
    }
}
