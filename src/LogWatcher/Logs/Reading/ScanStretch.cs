namespace LogWatcher.Logs.Reading;

/// <summary>A part of a file, in whole lines, in which there may be matches. What is in no stretch holds none.</summary>
/// <param name="Offset">Where it begins, in bytes of the file; plain lines there may be the rest of an entry that is not wanted.</param>
/// <param name="End">Where it ends.</param>
/// <param name="IsClosed">No entry goes on behind its end.</param>
/// <param name="Bytes">What stands there, good until the next stretch is asked for; empty: to be read from the file.</param>
/// <param name="LeadLength">So many of the bytes stand before it.</param>
internal readonly record struct ScanStretch(long Offset, long End, bool IsClosed, ReadOnlyMemory<byte> Bytes, int LeadLength)
{
    /// <summary>What is behind a place, if the stretch does not begin there anyway.</summary>
    public ScanStretch Behind(long offset)
    {
        if (offset <= Offset)
        {
            return this;
        }

        if (Bytes.IsEmpty)
        {
            return this with { Offset = offset };
        }

        var passed = (int)(offset - Offset);
        var lead = Math.Min(ContentMark.MaxTailBytes, LeadLength + passed);
        return this with { Offset = offset, Bytes = Bytes[(LeadLength + passed - lead)..], LeadLength = lead };
    }
}
