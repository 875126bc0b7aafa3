namespace LogWatcher.Logs.Filters;

/// <summary>
/// The hits of a <see cref="MarkScanner"/> that a search has found ahead of the place that it has come to, so that it need not
/// find them again when it goes on behind a candidate. Of one buffer.
/// </summary>
/// <param name="places">Room for at least <see cref="MarkScanner.MinPlaces"/>.</param>
/// <param name="bytesAtOnce">How far ahead to search; what is not come to was searched for nothing.</param>
internal ref struct MarkHits(Span<int> places, int bytesAtOnce)
{
    private readonly Span<int> _places = places.Length >= MarkScanner.MinPlaces
        ? places
        : throw new ArgumentException($"room for {MarkScanner.MinPlaces} places at least is needed, not for {places.Length}", nameof(places));

    private int _count;
    private int _next;
    private int _foundTo;
    private MarkScanner? _scanner;
    private UsualLevels? _usual;

    /// <summary>Goes on at a place with a scanner: its hits behind the place stay, the others are forgotten.</summary>
    /// <param name="scanner">Finds them.</param>
    /// <param name="usual">Takes out those at which an unwanted level stands.</param>
    /// <param name="place">Where to go on.</param>
    public void GoOn(MarkScanner scanner, UsualLevels usual, int place)
    {
        if (!ReferenceEquals(scanner, _scanner) || !ReferenceEquals(usual, _usual) || place > _foundTo)
        {
            (_scanner, _usual, _foundTo, _count) = (scanner, usual, place, 0);
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
            _count = _usual!.TakeOut(buffer, _places[.._count]);
        }

        return _places[_next++];
    }
}
