using System.Globalization;
using System.IO.Compression;
using LogWatcher.Tests.Support;
using Microsoft.Win32.SafeHandles;

namespace LogWatcher.Tests.Torture;

/// <summary>
/// An application with one log, and what rotates that: one thread, which does what the seed says, so that a line may be half
/// written when its file is renamed, and still no line is torn. It pauses at random for a millisecond or two: that is the
/// workload, not a wait for anything.
/// </summary>
internal sealed class TortureWriter(TortureRun run, int id, Random random)
{
    /// <summary>What the first line of a file says if it is not numbered: the same in all files of a writer.</summary>
    public const string Banner = "service started";

    /// <summary>Numbered copies that are kept where none is ever needed again.</summary>
    private const int KeptCopies = 6;

    private static readonly byte[] BannerLine = System.Text.Encoding.UTF8.GetBytes($"2026-01-01T00:00:00.000Z INFO {Banner} {new string('-', 700)}\n");

    private readonly bool _hasBanner = id % 2 == 1;

    // The copies, the latest first: what was written to them, their names, if not by their numbers, and whether they are compressed.
    private readonly List<(Generation Generation, string? Name, bool IsCompressed)> _copies = [];

    private SafeFileHandle? _file;
    private long _length;
    private int _dates;

    public int Id => id;

    public string Path { get; } = run.Folder[$"w{id}.log"];

    /// <summary>Whether the path is given to nodes that watch each file by its path.</summary>
    public bool IsNamed { get; init; } = true;

    public List<TortureLine> Lines { get; } = [];

    public List<Generation> Generations { get; } = [];

    private Generation Current => Generations[^1];

    /// <summary>Its files are named by dates alone.</summary>
    private bool IsDated => run.Scenario.HasSchemes && id == 2;

    /// <summary>Makes the file: before any node is started, so that it is there.</summary>
    public void Create()
    {
        BeginGeneration("created");
        OpenNew(Path);
    }

    /// <summary>Writes and rotates.</summary>
    public void Run(int rotations)
    {
        while (rotations > 0)
        {
            Write(random.Next(10) == 0 ? random.Next(300) : random.Next(40));
            rotations -= Rotate(random.Pick(run.Scenario.Rotations), rotations);
            if (random.Next(5) == 0)
            {
                CompressOldest();
            }
        }
    }

    /// <summary>Writes a line that everybody wants, and waits until they have it.</summary>
    public void WriteForAll()
    {
        int number;
        lock (run.Gate)
        {
            number = Publish(TortureLine.ForAll(Current.Number));
        }

        Append(Lines[number].Bytes(id, number));
        run.Await(() => run.Watches.TrueForAll(watch => watch.Has(this, number)), () => $"{run.Watches.Find(watch => !watch.Has(this, number))} has not got line {number} of w{id} in {Current}, which all wait for; {run.FirstMissing(this)}");
    }

    public void Close() => _file?.Dispose();

    private int Rotate(Rotation rotation, int atMost)
    {
        if (run.Scenario.IsKnown)
        {
            WriteForAll();
            if (rotation != Rotation.Truncate)
            {
                Write(random.Next(6));
            }
        }

        switch (rotation)
        {
            case Rotation.Date when run.Scenario.HasSchemes:
            case Rotation.Rename:
                Rename(reopensLate: false);
                break;
            case Rotation.RenameAndReopen:
                Rename(reopensLate: true);
                break;
            case Rotation.Date:
                Leave(DatedPath());
                Reopen();
                break;
            case Rotation.Burst:
                atMost = Math.Min(atMost, random.Next(2, 5));
                for (var time = 0; time < atMost; time++)
                {
                    Rename(reopensLate: random.Next(3) == 0);
                    Write(random.Next(3));
                }

                return run.CountRotations(atMost);
            case Rotation.CopyTruncate:
                run.Alone(CopyTruncate);
                break;
            case Rotation.Truncate:
                run.Alone(Truncate);
                break;
            case Rotation.Delete:
                run.Alone(Delete);
                break;
            case Rotation.Replace:
                run.Alone(Replace);
                break;
        }

        return run.CountRotations(1);
    }

    private void Rename(bool reopensLate)
    {
        var path = MakeRoom();
        if (!reopensLate)
        {
            Leave(path);
            AddCopy(path);
            Reopen();
            return;
        }

        // A line is half written when the file is renamed, and more follow before the writer has heard of it.
        byte[] bytes;
        lock (run.Gate)
        {
            var number = Publish(TortureLine.Random(random, Current.Number));
            bytes = Lines[number].Bytes(id, number);
        }

        // Nothing may hold the writer up within a line.
        run.BeginToMiss();
        var half = random.Next(bytes.Length);
        Append(bytes.AsSpan(0, half));
        Leave(path, isAnnounced: true);
        AddCopy(path);
        Append(bytes.AsSpan(half));
        Write(random.Next(6));
        Pause();
        Reopen();
    }

    private void CopyTruncate()
    {
        var path = MakeRoom();
        using (var copy = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            var bytes = File.ReadAllBytes(Path);
            var first = random.Next(bytes.Length + 1);
            RandomAccess.Write(copy, bytes.AsSpan(0, first), 0);
            Pause();
            RandomAccess.Write(copy, bytes.AsSpan(first), first);
        }

        AddCopy(path);
        lock (run.Gate)
        {
            Current.CopyEnd = Current.End;
        }

        // copytruncate's own gap: what is written now is in no copy. A cursor behind it leads to data that is gone, and the watch
        // that is resumed from it ends by saying so: that is not looked for here. A node that is down gives none.
        var mayLeaveGap = !run.Scenario.IsKilled || run.IsDown;
        Write(mayLeaveGap && random.Next(4) == 0 ? random.Next(4) : 0);
        Note("cut to nothing, copied to " + System.IO.Path.GetFileName(path));
        CutToNothing();
        if (run.Scenario.IsKnown && random.Next(4) == 0)
        {
            // Perhaps before anybody has looked: what is in it is known by what was read before.
            Compress(0);
        }
    }

    private void Truncate()
    {
        WriteForAll();
        Note("cut to nothing");
        MarkGone();
        CutToNothing();
    }

    private void Delete()
    {
        WriteForAll();
        Write(random.Next(6));
        Note("deleted");
        MarkGone();
        run.BeginToMiss();
        File.Delete(Path);
        if (random.Next(2) == 0)
        {
            Pause();
        }

        Reopen();
    }

    private void Replace()
    {
        WriteForAll();
        Write(random.Next(6));
        var before = Current;
        _file!.Dispose();
        lock (run.Gate)
        {
            BeginGeneration("created beside", isFromBeside: true);
        }

        OpenNew(Path + ".new");
        Write(random.Next(20));
        Note("renamed over the path", before);
        MarkGone(before);
        File.Move(Path + ".new", Path, overwrite: true);
    }

    /// <summary>
    /// Gives the path of the next copy. The numbered ones move up for it; the oldest goes, once all have it, unless somebody may have a
    /// cursor in it.
    /// </summary>
    private string MakeRoom()
    {
        while (!run.Scenario.IsKilled && _copies.Count >= KeptCopies)
        {
            var oldest = _copies[^1].Generation;
            WriteForAll();
            AwaitReceived(oldest);
            lock (run.Gate)
            {
                // Together: a watch that begins in between would not know whether to expect it.
                if (run.Watches.TrueForAll(watch => watch.HasAll(this, oldest)))
                {
                    Note("deleted", oldest);
                    oldest.IsGone = true;
                    File.Delete(CopyPath(_copies.Count - 1));
                    _copies.RemoveAt(_copies.Count - 1);
                }
            }
        }

        if (IsDated)
        {
            return DatedPath();
        }

        for (var index = _copies.Count - 1; index >= 0; index--)
        {
            var suffix = _copies[index].IsCompressed ? ".gz" : "";
            File.Move(CopyPath(index), $"{Path}.{index + 2}{suffix}");
        }

        return Path + ".1";
    }

    private string DatedPath() => string.Create(CultureInfo.InvariantCulture, $"{Path}-2026{_dates++:0000}");

    /// <summary>Compresses the oldest copy that is not the youngest, once all have it.</summary>
    private void CompressOldest()
    {
        var index = _copies.FindLastIndex(copy => !copy.IsCompressed);
        if (index < 1)
        {
            return;
        }

        run.Alone(() =>
        {
            if (!run.IsDown)
            {
                AwaitReceived(_copies[index].Generation);
            }

            Compress(index);
        });
    }

    /// <summary>Compresses a copy as gzip does: the new file grows under its name, then the old one goes.</summary>
    private void Compress(int index)
    {
        var generation = _copies[index].Generation;
        var path = CopyPath(index);
        using (var target = new FileStream(path + ".gz", FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        using (var compressed = new GZipStream(target, CompressionLevel.Fastest))
        {
            compressed.Write(File.ReadAllBytes(path));
        }

        File.SetLastWriteTimeUtc($"{path}.gz", File.GetLastWriteTimeUtc(path));
        Note("compressed", generation);
        File.Delete(path);
        _copies[index] = _copies[index] with { IsCompressed = true };
    }

    /// <summary>The file leaves its path for another name.</summary>
    private void Leave(string name, bool isAnnounced = false)
    {
        if (!isAnnounced)
        {
            run.BeginToMiss();
        }

        lock (run.Gate)
        {
            run.Watches.ForEach(watch => watch.NoteLeaving(this, Current));
        }

        Note("renamed to " + System.IO.Path.GetFileName(name));
        File.Move(Path, name);
    }

    private void Reopen()
    {
        _file!.Dispose();
        lock (run.Gate)
        {
            BeginGeneration("created");
        }

        OpenNew(Path);
        run.EndToMiss();
    }

    private void CutToNothing()
    {
        RandomAccess.SetLength(_file!, 0);
        _length = 0;
        lock (run.Gate)
        {
            BeginGeneration("went on in the same file");
        }

        WriteBanner();
    }

    private void OpenNew(string path)
    {
        _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        _length = 0;
        WriteBanner();
    }

    private void WriteBanner()
    {
        if (_hasBanner)
        {
            Append(BannerLine);
        }
    }

    private void BeginGeneration(string how, bool isFromBeside = false)
    {
        Generations.Add(new Generation(Generations.Count, Lines.Count) { IsFromBeside = isFromBeside });
        Current.Note(how);
    }

    /// <summary>Writes lines: one by one, several at once, or cut anywhere.</summary>
    private void Write(int count)
    {
        while (count > 0)
        {
            var batch = random.Next(4) == 0 ? Math.Min(count, random.Next(1, 20)) : 1;
            count -= batch;
            var bytes = new List<byte>();
            lock (run.Gate)
            {
                for (var line = 0; line < batch; line++)
                {
                    var number = Publish(TortureLine.Random(random, Current.Number));
                    bytes.AddRange(Lines[number].Bytes(id, number));
                }
            }

            WriteInPieces(bytes.ToArray());
        }
    }

    private void WriteInPieces(ReadOnlySpan<byte> bytes)
    {
        while (random.Next(6) == 0 && bytes.Length > 0)
        {
            var piece = random.Next(bytes.Length);
            Append(bytes[..piece]);
            bytes = bytes[piece..];
            if (random.Next(2) == 0)
            {
                Pause();
            }
        }

        Append(bytes);
        if (random.Next(30) == 0)
        {
            Pause();
        }
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        run.ThrowIfFailed();
        RandomAccess.Write(_file!, bytes, _length);
        _length += bytes.Length;
    }

    /// <summary>Makes a line known to those who check, before a byte of it is written. Under the lock.</summary>
    private int Publish(in TortureLine line)
    {
        Lines.Add(line);
        Generations[line.Generation].End = Lines.Count;
        return Lines.Count - 1;
    }

    private void AwaitReceived(Generation generation) => run.Await(
        () => run.Watches.TrueForAll(watch => watch.HasAll(this, generation)), () => run.FirstMissing(this));

    private void MarkGone(Generation? generation = null)
    {
        lock (run.Gate)
        {
            run.Watches.ForEach(watch => watch.NoteLeaving(this, generation ?? Current));
            (generation ?? Current).IsGone = true;
        }
    }

    private void AddCopy(string path) => _copies.Insert(0, (Current, IsDated ? path : null, false));

    private string CopyPath(int index) => $"{_copies[index].Name ?? $"{Path}.{index + 1}"}{(_copies[index].IsCompressed ? ".gz" : "")}";

    private void Note(string what, Generation? generation = null)
    {
        lock (run.Gate)
        {
            (generation ?? Current).Note(what);
            run.Note($"w{id}: generation {(generation ?? Current).Number} (up to line {(generation ?? Current).End - 1}): {what}");
        }
    }

    private void Pause() => Thread.Sleep(random.Next(3));
}
