namespace LogWatcher.Logs.Formats;

/// <summary>Recognises each line by the bytes at its start, with no settings (logs.md, "Formats"), and fills the view.</summary>
internal sealed class LineFormats(TimeProvider time)
{
    public void Parse(EntryView view)
    {
        _ = time;
        var text = view.Text;
        var space = text.IndexOf((byte)' ');
        if (space > 0 && LogLevels.TryParse(text[..space], out var level))
        {
            view.Level = level;
            view.SetMessage(space + 1, text.Length - space - 1);
        }
    }
}
