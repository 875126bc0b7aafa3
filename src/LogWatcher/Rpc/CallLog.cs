using System.Globalization;

namespace LogWatcher.Rpc;

/// <summary>The interceptor behind <c>--verbose</c>: one line for each call that ends. Tells no metadata: tokens travel there.</summary>
internal static class CallLog
{
    /// <param name="writeLine">Takes whole lines, from any thread.</param>
    public static Interceptor To(Action<string> writeLine) => async (context, next) =>
    {
        var started = context.Time.GetTimestamp();
        Status? status = null;
        try
        {
            await next(context);
        }
        catch (Exception exception)
        {
            status = Status.From(exception);
            throw;
        }
        finally
        {
            // A call that was ended from outside has its status already, and the handler only unwinds.
            status = context.Status ?? status ?? Status.Ok;
            var elapsed = context.Time.GetElapsedTime(started).TotalMilliseconds;
            writeLine(OnOneLine(string.Create(
                CultureInfo.InvariantCulture,
                $"call of {context.Peer}: {context.Method.FullName}: {status.Name}, {context.MessagesSent} sent, {elapsed:0.0} ms{Reason(status)}")));
        }
    };

    /// <summary>
    /// Reasons quote what clients sent, and a peer may have any name: nobody is to write lines of the log by that, or tell a
    /// terminal what to do.
    /// </summary>
    private static string OnOneLine(string text) => text.Any(char.IsControl)
        ? string.Concat(text.Select(c => char.IsControl(c) ? string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}") : c.ToString()))
        : text;

    private static string Reason(Status status) => status.Message.Length == 0 ? "" : ": " + status.Message;
}
