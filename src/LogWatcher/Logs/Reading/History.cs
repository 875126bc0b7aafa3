using LogWatcher.Logs.Filters;

namespace LogWatcher.Logs.Reading;

/// <summary>
/// The matching entries of what several files hold, merged by time: each file in its own order, always the earliest of the
/// files' next entries first, equal times by name. An entry without a time stands with the one before it in its file, at the
/// head of a file with the first that has one; a file without any times comes after all others, by its last change. Holds
/// one buffer for each file whose time has come, whatever their size. One thread at a time.
/// </summary>
internal sealed class History(Filter filter, TimeProvider time) : IDisposable
{
    private readonly List<MergedFile> _files = [];

    /// <summary>When the history was begun, before any file was looked for, as a time stamp of the clock.</summary>
    public long StartedAt { get; } = time.GetTimestamp();

    /// <summary>Adds a file, which belongs to the history from now on.</summary>
    /// <param name="file">The file.</param>
    /// <param name="from">Where in it to begin.</param>
    /// <param name="behind">What is to be read to its end first, whatever the times: what stood under the same name before.</param>
    public HistoryReader Add(LogFile file, LinePosition from = default, HistoryReader? behind = null)
    {
        var reader = new HistoryReader(file, filter, time, from, behind);
        _files.Add(new MergedFile(reader, time));
        return reader;
    }

    /// <summary>All files added, in that order.</summary>
    public IEnumerable<HistoryReader> Readers => _files.Select(file => file.Reader);

    /// <summary>
    /// The readers of the files, each whenever an entry of it has its turn and stands in its view; null is a pause
    /// (<see cref="HistoryStep.Pause"/>). After the end it can be called again for what the readers have been told to go on to.
    /// </summary>
    public IEnumerable<HistoryReader?> Read() => _files.Count == 1 ? ReadOne(_files[0].Reader) : ReadMerged();

    public void Dispose()
    {
        foreach (var file in _files)
        {
            file.Dispose();
        }
    }

    private static IEnumerable<HistoryReader?> ReadOne(HistoryReader reader)
    {
        for (var step = reader.Read(); step != HistoryStep.End; step = reader.Read())
        {
            yield return step == HistoryStep.Entry ? reader : null;
        }
    }

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
            if (file.HasEntry)
            {
                yield return file.Reader;
            }

            foreach (var pause in file.Advance())
            {
                yield return pause;
            }

            if (file.HasEntry)
            {
                queue.Enqueue(file, file);
            }
            else if (_files.Find(next => next.Reader.Predecessor == file.Reader) is { } next)
            {
                foreach (var pause in next.FindFirstTime())
                {
                    yield return pause;
                }

                queue.Enqueue(next, next);
            }
        }
    }

    /// <summary>A file and its place among the others: the time at which its next entry stands.</summary>
    private sealed class MergedFile(HistoryReader reader, TimeProvider time) : IDisposable
    {
        // A second look at the file, for times of entries that the filter does not want: those before one without a time.
        private EntryReader? _times;
        private bool _hasProbed;
        private long _knownAt;

        public HistoryReader Reader => reader;

        /// <summary>Null while no time has been found in the file.</summary>
        public LogTime? Time { get; private set; }

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
            OpenTimes();
            foreach (var pause in ReadTimes(long.MaxValue, untilFirst: true))
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
                _knownAt = reader.EntryOffset;
            }
            else if (Time is not null)
            {
                OpenTimes();
                foreach (var pause in ReadTimes(reader.EntryOffset, untilFirst: false))
                {
                    yield return pause;
                }
            }
        }

        public void Dispose()
        {
            Close();
            reader.Dispose();
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
                    // A last line without an end may have the only time.
                    while (untilFirst && Time is null && _times.TryReadRest())
                    {
                        _times.Parse();
                        Time = _times.View.Time;
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
            if (_times is null || (_times.Position.Offset < _knownAt && !reader.File.IsCompressed))
            {
                Close();
                _times = new EntryReader(reader.File.ReadLines(new LinePosition(_knownAt)), reader.File.Source, time);
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
