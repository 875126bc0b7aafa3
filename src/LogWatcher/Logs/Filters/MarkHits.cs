namespace LogWatcher.Logs.Filters;

/// <summary>
/// The hits of a <see cref="MarkScanner"/> that a search has found ahead of the place that it has come to, so that it need not
/// find them again when it goes on behind a candidate. Of one buffer.
/// </summary>
/// <param name="places">Room for at least <see cref="MarkScanner.MinPlaces"/>.</param>
/// <param name="bytesAtOnce">How far ahead to search; what is not come to was searched for nothing.</param>
internal ref struct MarkHits(Span<int> places, int bytesAtOnce)
{
    private readonly Span<int> _places = places;
    private int _count;
    private int _next;
    private int _foundTo;
    private MarkScanner? _scanner;

    /// <summary>Goes on at a place with a scanner: its hits behind the place stay, the others are forgotten.</summary>
    public void GoOn(MarkScanner scanner, int place)
    {
        if (!ReferenceEquals(scanner, _scanner) || place > _foundTo)
        {
            (_scanner, _foundTo, _count) = (scanner, place, 0);
        }

        while (_next < _count && _places[_next] < place)
        {
            _next++;
        }
    }

    /// <summary>The next hit, each but once; -1 if there are no more before the end.</summary>
    public int Next(ReadOnlySpan<byte> buffer, int end)
    {
        while (_next >= _count)
        {
            if (_foundTo >= end)
            {
                return -1;
            }

            _next = 0;
            _count = _scanner!.Find(buffer, ref _foundTo, (int)Math.Min(end, _foundTo + (long)bytesAtOnce), _places);
        }

        return _places[_next++];
    }
}
