namespace LogWatcher.Logs.Formats;

/// <summary>
/// Lines of containers as CRI runtimes write them (Kubernetes, "CRI logging format":
/// <c>2016-10-06T00:17:09.669794202Z stdout F content</c>): a time, <c>stream</c>, tags, and what the container wrote, which is
/// the message and is read again. A tag <c>P</c> says that the container's line goes on in the next one: the entry has
/// <c>partial</c>. Tags behind the first are <c>tags</c>.
/// </summary>
internal static class CriFormat
{
    /// <summary>The shortest time, <c>2016-10-06T00:17:09Z</c>; the longest has nine digits of a fraction and a distance.</summary>
    private const int MinTimeBytes = 20;
    private const int MaxTimeBytes = 35;

    /// <summary>Both streams' names are as long as this.</summary>
    private const int StreamBytes = 6;

    /// <summary>Reads the line of a view; false, and the view as it was, if it is none of these.</summary>
    public static bool TryParse(EntryView view, TimeProvider clock)
    {
        var text = view.Line;
        if (text.Length < MinTimeBytes || text[4] != '-' || text[10] != 'T')
        {
            return false;
        }

        var stream = text[..Math.Min(text.Length, MaxTimeBytes + 1)].IndexOf((byte)' ') + 1;
        var tag = stream + StreamBytes + 1;
        if (stream <= MinTimeBytes || tag >= text.Length
            || !(text[stream..].StartsWith("stdout "u8) || text[stream..].StartsWith("stderr "u8))
            || text[tag] is not ((byte)'F' or (byte)'P') || (tag + 1 < text.Length && text[tag + 1] is not ((byte)' ' or (byte)':'))
            || !TimeText.TryRead(text[..(stream - 1)], clock, out var time, out var length) || length != stream - 1)
        {
            return false;
        }

        var tagsLength = text[tag..].IndexOf((byte)' ');
        tagsLength = tagsLength < 0 ? text.Length - tag : tagsLength;
        view.Time = time;
        view.AddField(view.Keep("stream"u8), new ByteRange(stream, StreamBytes));
        if (tagsLength > 2)
        {
            view.AddField(view.Keep("tags"u8), new ByteRange(tag + 2, tagsLength - 2));
        }

        var isPartial = text[tag] == 'P';
        if (isPartial)
        {
            view.AddField("partial"u8, "true"u8);
        }

        var content = Math.Min(tag + tagsLength + 1, text.Length);
        view.SetMessage(content, text.Length - content);
        view.HoldContent(isPartial);
        return true;
    }
}
