using LogWatcher.Logs.Formats;

namespace LogWatcher.Logs;

/// <summary>The log that is watched when none is named: a few lines, built in (logs.md, "Sources").</summary>
internal static class SampleLog
{
    private static readonly Lazy<byte[]> Text = new(Load);

    /// <summary>Its entries, of which each fills the view in its turn. Nothing is waited for.</summary>
    public static IEnumerable<EntryView> Read()
    {
        var view = new EntryView();
        var formats = new LineFormats(TimeProvider.System);
        var text = Text.Value.AsMemory();
        while (!text.IsEmpty)
        {
            var length = text.Span.IndexOf((byte)'\n');
            view.Begin(text[..length], "");
            formats.Parse(view);
            yield return view;
            text = text[(length + 1)..];
        }
    }

    private static byte[] Load()
    {
        using var stream = typeof(SampleLog).Assembly.GetManifestResourceStream("SampleLog.txt")!;
        var text = new byte[stream.Length];
        stream.ReadExactly(text);
        return text;
    }
}
