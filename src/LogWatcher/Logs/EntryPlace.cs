using LogWatcher.Logs.Reading;

namespace LogWatcher.Logs;

/// <summary>The place behind an entry, the same for all who watch.</summary>
/// <param name="SourceHash">Of the source's name; see <see cref="Cursor.HashOf"/>.</param>
/// <param name="Own">In the entry's file.</param>
/// <param name="Other">In the other file that is read as the same source, if there is one.</param>
/// <param name="IsOtherNewer">Whether that is the one that has come to stand under the source's name since.</param>
internal sealed record EntryPlace(uint SourceHash, FilePlace Own, FilePlace? Other = null, bool IsOtherNewer = false)
{
    /// <summary>The cursor of a watch.</summary>
    /// <param name="watchedSince">See <see cref="Cursor.WatchedSince"/>.</param>
    /// <param name="readBy">See <see cref="Cursor.ReadBy"/>.</param>
    public Cursor ToCursor(long watchedSince, long readBy = 0) => new(SourceHash, watchedSince, Own, Other, IsOtherNewer, readBy);
}
