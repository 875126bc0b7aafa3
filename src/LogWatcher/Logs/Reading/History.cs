using LogWatcher.Logs.Filters;

namespace LogWatcher.Logs.Reading;

/// <summary>
/// The matching entries of what several files hold, merged by time: each file in its own order, always the earliest of the
/// files' next entries first, equal times by name. An entry without a time stands with the one before it in its file, at the
/// head of a file with the first that has one; a file without any times comes after all others, by its last change. Holds
/// one buffer for each file whose time has come, whatever their size. One thread at a time.
/// </summary>
/// <param name="filter">Which entries.</param>
/// <param name="time">For times without a year.</param>
/// <param name="range">Only entries that stand at these times.</param>
/// <param name="keepsTimes">Whether it can be asked for <see cref="LastTimeBefore"/>.</param>
internal sealed class History(Filter filter, TimeProvider time, TimeRange range = default, bool keepsTimes = false) : IDisposable
{
    private readonly List<MergedFile> _files = [];

    // Of a file that was truncated the last one: what it holds now.
    private readonly Dictionary<FileIdentity, MergedFile> _byFile = [];
    private bool _endsEarly;

    /// <summary>Adds a file, which belongs to the history from now on.</summary>
    /// <param name="file">The file.</param>
    /// <param name="from">Where in it to begin, until <see cref="BeginAt"/> says otherwise.</param>
    /// <param name="behind">What is to be read to its end first, whatever the times: what stood under the same name before.</param>
    /// <param name="guard">What is known to stand before that place; without, what stands there now.</param>
    public HistoryReader Add(LogFile file, LinePosition from = default, HistoryReader? behind = null, ContentGuard? guard = null)
    {
        var reader = new HistoryReader(file, filter, time, from, behind, guard);
        var added = new MergedFile(reader, time);
        _files.Add(added);
        _byFile[file.Identity] = added;
        return reader;
    }

    /// <summary>Has a file that has not been read yet begin later than at its start.</summary>
    /// <param name="reader">One of <see cref="Readers"/>.</param>
    /// <param name="offset">Where an entry begins that has a time of its own, if times count.</param>
    public void BeginAt(HistoryReader reader, long offset)
    {
        reader.BeginAt(offset);
        var index = _files.FindIndex(file => file.Reader == reader);
        var later = new MergedFile(reader, time);
        if (_byFile[reader.File.Identity] == _files[index])
        {
            _byFile[reader.File.Identity] = later;
        }

        _files[index] = later;
    }

    /// <summary>Has a file end where its matches have been counted, and all that comes later be read when that has been.</summary>
    /// <param name="reader">One of <see cref="Readers"/>.</param>
    /// <param name="at">Where.</param>
    /// <param name="counted">What was counted: should the file be cut before it is read, that is not what it holds.</param>
    public void EndEarly(HistoryReader reader, LinePosition at, ContentGuard? counted)
    {
        if (counted is not null && !reader.File.IsCompressed)
        {
            reader.Expect(counted);
        }

        reader.GoOnTo(at.Offset, reader.EndKind == HistoryEnd.LeaveRest ? reader.EndKind : HistoryEnd.TakeRestAtOffset);
        _endsEarly = true;
    }

    /// <summary>
    /// If it has been read up to where the last matches were counted (<see cref="TailSearch"/>): has the files that can be
    /// followed go on to what is their end by now. Once.
    /// </summary>
    /// <returns>Whether there may be more to read.</returns>
    public bool GoOn()
    {
        if (!_endsEarly)
        {
            return false;
        }

        _endsEarly = false;
        foreach (var file in _files.Where(file => !file.Reader.File.IsCompressed))
        {
            file.Reader.GoOnTo(long.MaxValue, HistoryEnd.LeaveRest);
        }

        return true;
    }

    /// <summary>
    /// Asked when the first entry of a file that is read from its start has been found, and before it is delivered: adds readers of
    /// what the file held before that, was truncated before anybody read it, and is in copies; the file is read behind them.
    /// </summary>
    public Func<HistoryReader, IReadOnlyList<HistoryReader>>? FindCopies { get; set; }

    /// <summary>Whether nothing else is merged with it, for which its times must be known.</summary>
    public bool IsAlone { get; init; } = true;

    /// <summary>The time at which the entry stands whose turn it is; null: its file has none, or times are not needed.</summary>
    public LogTime? Time { get; private set; }

    /// <summary>All files added, in that order.</summary>
    public IEnumerable<HistoryReader> Readers => _files.Select(file => file.Reader);

    /// <summary>The reader of a file; of one that was truncated, the reader of what it holds now. Null: it is none of the history's.</summary>
    public HistoryReader? Find(FileIdentity file) => _byFile.GetValueOrDefault(file)?.Reader;

    /// <summary>
    /// The readers of the files, each whenever an entry of it has its turn and stands in its view; null is a pause
    /// (<see cref="HistoryStep.Pause"/>). After the end it can be called again for what the readers have been told to go on to.
    /// </summary>
    public IEnumerable<HistoryReader?> Read()
    {
        var entries = _files.Count == 1 && range.IsEverything && IsAlone ? ReadOne(_files[0].Reader) : ReadMerged();
        return keepsTimes ? entries.Concat(FindLastTimes()) : entries;
    }

    /// <summary>
    /// The time by which an entry without one goes that is written to a file behind a place which the history has read to, but
    /// for a little; null: the file has had none. Quick, if <see cref="Read"/> has come to its end before.
    /// </summary>
    public LogTime? LastTimeBefore(LogFile file, LinePosition place)
    {
        var known = _byFile.GetValueOrDefault(file.Identity);
        var from = known?.TimeKnownTo ?? LastTimeSearch.StartNear(place);
        var search = new LastTimeSearch(file, from, place.Offset, time);
        while (search.Step())
        {
        }

        return search.Found ?? known?.Time;
    }

    public void Dispose()
    {
        foreach (var file in _files)
        {
            file.Dispose();
        }
    }

    private IEnumerable<HistoryReader?> ReadOne(HistoryReader reader)
    {
        for (var step = reader.Read(); step != HistoryStep.End; step = reader.Read())
        {
            if (step == HistoryStep.Entry && reader.TakeFirst())
            {
                foreach (var entry in (FindCopies?.Invoke(reader) ?? []).SelectMany(ReadOne))
                {
                    yield return entry;
                }
            }

            yield return step == HistoryStep.Entry ? reader : null;
        }
    }

    private IEnumerable<HistoryReader?> FindLastTimes() => _files.SelectMany(file => file.FindLastTime());

    private IEnumerable<HistoryReader?> ReadMerged()
    {
        var queue = new PriorityQueue<MergedFile, MergedFile>(_files.Count, MergeOrder.Instance);
        foreach (var file in _files.Where(file => file.Reader.Predecessor is null).ToList())
        {
            foreach (var pause in file.FindFirstTime())
            {
                yield return pause;
            }

            queue.Enqueue(file, file);
        }

        while (queue.TryDequeue(out var file, out _))
        {
            if (file.HasEntry && range.Includes(file.Time))
            {
                Time = file.Time;
                yield return file.Reader;
            }

            foreach (var pause in file.Advance())
            {
                yield return pause;
            }

            if (file.HasEntry)
            {
                var copies = file.Reader.TakeFirst() ? FindCopies?.Invoke(file.Reader) ?? [] : [];
                var next = copies.Count == 0 ? file : _files.Find(copy => copy.Reader == copies[0])!;
                foreach (var pause in next.FindFirstTime())
                {
                    yield return pause;
                }

                queue.Enqueue(next, next);
            }
            else if (file.Reader.HadSuccessor)
            {
                foreach (var next in _files.Where(next => next.Reader.Predecessor == file.Reader).ToList())
                {
                    foreach (var pause in next.FindFirstTime())
                    {
                        yield return pause;
                    }

                    queue.Enqueue(next, next);
                }
            }
        }
    }

    /// <summary>A file and its place among the others: the time at which its next entry stands.</summary>
    private sealed class MergedFile(HistoryReader reader, TimeProvider time) : IDisposable
    {
        // A second look at the file, for times of entries that the filter does not want: those before one without a time.
        private EntryReader? _times;
        private bool _hasProbed;

        public HistoryReader Reader => reader;

        /// <summary>
        /// The time at which the file stands: the last before <see cref="TimeKnownTo"/> or, while there is none, the first in
        /// the file; null while no time has been found in it.
        /// </summary>
        public LogTime? Time { get; private set; }

        /// <summary>
        /// It held nothing new when it was begun, or is compressed and begun in the middle, so its time was not looked for: it has its turn
        /// before all others, and what is behind it comes in its place.
        /// </summary>
        public bool IsTimeOwed { get; private set; }

        /// <summary>No need to look for times before this place.</summary>
        public LinePosition TimeKnownTo { get; private set; } = reader.File.IsCompressed ? LinePosition.Start : reader.Position;

        /// <summary>An entry waits in the reader's view.</summary>
        public bool HasEntry { get; private set; }

        /// <summary>Until then the file stands at the first time in it, and nothing of it has been read for matches.</summary>
        public IEnumerable<HistoryReader?> FindFirstTime()
        {
            if (_hasProbed)
            {
                yield break;
            }

            _hasProbed = true;
            if (reader.Position.Offset > 0 && (reader.IsAtEnd || reader.File.IsCompressed))
            {
                // Nothing of it is to be placed among the others, or what is has to be read for that.
                IsTimeOwed = true;
                yield break;
            }

            foreach (var pause in FindTimeBefore(TimeKnownTo).Concat(FindTimeBehind()))
            {
                yield return pause;
            }
        }

        /// <summary>Goes on to the file's next match, if there is one, and to its time.</summary>
        public IEnumerable<HistoryReader?> Advance()
        {
            HasEntry = false;
            var step = reader.Read();
            for (; step == HistoryStep.Pause; step = reader.Read())
            {
                yield return null;
            }

            if (step == HistoryStep.End)
            {
                Close();
                yield break;
            }

            HasEntry = true;
            if (reader.View.Time is { } own)
            {
                Time = own;
            }
            else
            {
                foreach (var pause in FindTimeOfEntry())
                {
                    yield return pause;
                }
            }

            IsTimeOwed = false;
            TimeKnownTo = reader.Position;
        }

        /// <summary>Leaves the last time before where the reader is now in <see cref="Time"/>, for those who follow the file from there.</summary>
        public IEnumerable<HistoryReader?> FindLastTime()
        {
            if (reader.File.IsCompressed)
            {
                yield break;
            }

            var end = reader.Position;
            var search = new LastTimeSearch(reader.File, TimeKnownTo, end.Offset, time);
            while (search.Step())
            {
                yield return null;
            }

            if (search.Found is null && IsTimeOwed)
            {
                foreach (var pause in FindTimeBefore(TimeKnownTo))
                {
                    yield return pause;
                }
            }

            IsTimeOwed = false;
            Time = search.Found ?? Time;
            TimeKnownTo = end.Offset > TimeKnownTo.Offset ? end : TimeKnownTo;
        }

        public void Dispose()
        {
            Close();
            reader.Dispose();
        }

        /// <summary>Of an entry that has none: that of what stands before it or, at the file's head, of the first that has one.</summary>
        private IEnumerable<HistoryReader?> FindTimeOfEntry()
        {
            var before = IsTimeOwed ? FindTimeBefore(TimeKnownTo) : [];
            foreach (var pause in before)
            {
                yield return pause;
            }

            if (reader.EntryOffset > TimeKnownTo.Offset)
            {
                OpenTimes();
                foreach (var pause in ReadTimes(reader.EntryOffset, untilFirst: false))
                {
                    yield return pause;
                }
            }

            if (IsTimeOwed)
            {
                foreach (var pause in FindTimeBehind())
                {
                    yield return pause;
                }
            }
        }

        /// <summary>The last time before a place at which the file is begun. (What is compressed is read from its start for that.)</summary>
        private IEnumerable<HistoryReader?> FindTimeBefore(LinePosition place)
        {
            var search = reader.File.IsCompressed ? null : new LastTimeSearch(reader.File, LinePosition.Start, place.Offset, time);
            while (search?.Step() == true)
            {
                yield return null;
            }

            Time = search?.Found;
        }

        /// <summary>The first time behind where it is known, if there is none before.</summary>
        private IEnumerable<HistoryReader?> FindTimeBehind()
        {
            if (Time is null)
            {
                OpenTimes();
                foreach (var pause in ReadTimes(long.MaxValue, untilFirst: true))
                {
                    yield return pause;
                }
            }
        }

        /// <summary>Leaves the last time before an offset in <see cref="Time"/>, going on from where it stopped the last time.</summary>
        private IEnumerable<HistoryReader?> ReadTimes(long before, bool untilFirst)
        {
            var sincePause = 0;
            while (_times!.Position.Offset < before)
            {
                while (_times.Position.Offset < before && _times.TryRead(before))
                {
                    _times.Parse();
                    Time = _times.View.Time ?? Time;
                    if (untilFirst && Time is not null)
                    {
                        Close();
                        yield break;
                    }
                }

                if (_times.Position.Offset >= before)
                {
                    yield break;
                }

                var read = Fill(_times);
                sincePause += read;
                if (read == 0)
                {
                    if (untilFirst)
                    {
                        ReadFirstTimeInRest(_times);
                    }

                    yield break;
                }

                if (sincePause >= HistoryReader.PauseBytes)
                {
                    sincePause = 0;
                    yield return null;
                }
            }
        }

        /// <summary>A last line without an end may have the only time; if not, its end, once it comes, may make it have one.</summary>
        private void ReadFirstTimeInRest(EntryReader times)
        {
            TimeKnownTo = times.Position;
            while (Time is null && times.TryReadRest())
            {
                times.Parse();
                Time = times.View.Time;
            }

            Close();
        }

        private static int Fill(EntryReader entries)
        {
            try
            {
                return entries.Fill();
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                return 0;
            }
        }

        /// <summary>Has the second look begin where the time was known last, or go on where it is if that is further.</summary>
        private void OpenTimes()
        {
            // What is compressed has no short way to an offset: there the second look stays open, and reads it once.
            if (_times is null || (_times.Position.Offset < TimeKnownTo.Offset && !reader.File.IsCompressed))
            {
                Close();
                _times = new EntryReader(reader.File.ReadLines(TimeKnownTo), reader.File.Source, time);
            }
        }

        private void Close()
        {
            _times?.Dispose();
            _times = null;
        }
    }

    private sealed class MergeOrder : IComparer<MergedFile>
    {
        public static readonly MergeOrder Instance = new();

        public int Compare(MergedFile? left, MergedFile? right)
        {
            var (a, b) = (left!, right!);
            if (a.IsTimeOwed != b.IsTimeOwed)
            {
                return a.IsTimeOwed ? -1 : 1;
            }

            var order = (a.Time, b.Time) switch
            {
                ({ } timeA, { } timeB) => timeA.CompareTo(timeB),
                ({ }, null) => -1,
                (null, { }) => 1,
                _ => a.Reader.File.Changed.CompareTo(b.Reader.File.Changed),
            };
            return order != 0 ? order : string.CompareOrdinal(a.Reader.File.Source, b.Reader.File.Source);
        }
    }
}
